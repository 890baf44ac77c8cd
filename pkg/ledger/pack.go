package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// phrases are what most bodies and links share; a stored one has the byte i+1
// in place of phrases[i]. They are part of the file's format: change nothing,
// append only. Neither JSON nor a URL holds control characters, so the bytes
// are free; text that has one all the same is stored as it is, after a NUL.
var phrases = []string{
	`{"company":{"type":"MSP","data_center":"`, `","name":"`, `","country":"`, `","industry":"`,
	`","size":"`, `","state":"`, `","city":"`, `","address":"`, `","postal_code":"`,
	`"},"contact":{"first_name":"`, `","last_name":"`, `","email":"`, `"}}`,
	"https://activation.trendmicro.com/partner?t=",
}

// tokenMark stands for the row's token within its link.
const tokenMark = "\x1f"

var packer, unpacker = replacers()

func replacers() (pack, unpack *strings.Replacer) {
	var there, back []string
	for i, p := range phrases {
		code := string(rune(i + 1))
		there = append(there, p, code)
		back = append(back, code, p)
	}
	return strings.NewReplacer(there...), strings.NewReplacer(back...)
}

// pack shortens a body, or a link that may contain the token, to about half.
func pack(s, token string) []byte {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
		return []byte("\x00" + s)
	}
	if token != "" {
		s = strings.ReplaceAll(s, token, tokenMark)
	}
	return []byte(packer.Replace(s))
}

// unpack is the inverse of pack.
func unpack(s, token string) string {
	if raw, found := strings.CutPrefix(s, "\x00"); found {
		return raw
	}
	return strings.ReplaceAll(unpacker.Replace(s), tokenMark, token)
}

// packPrint stores nothing for a fingerprint that the body beside it yields.
func packPrint(f Fingerprint, body []byte) []byte {
	if f == sha256.Sum256(body) {
		return []byte{}
	}
	return f[:]
}

// unpackPrint is the inverse of packPrint.
func unpackPrint(b, body []byte) (f Fingerprint) {
	if len(b) == 0 {
		return sha256.Sum256(body)
	}
	copy(f[:], b)
	return f
}

// packTrace stores a UUID as 16 bytes and any other text as text.
func packTrace(s string) any {
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 || unpackTrace(b) != s {
		return s
	}
	return b
}

// unpackTrace is the inverse of packTrace.
func unpackTrace(v any) string {
	b, isUUID := v.([]byte)
	if !isUUID || len(b) != 16 {
		s, _ := v.(string)
		return s
	}
	x := make([]byte, 0, 36)
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			x = append(x, '-')
		}
		x = hex.AppendEncode(x, part)
	}
	return string(x)
}
