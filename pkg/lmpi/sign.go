package lmpi

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
)

// sign makes the x-signature of one request: HMAC-SHA256, keyed with the secret as
// text, over time, method, request URI and body MD5 without separators (seen in
// public clients, and in the visible part of the vendor's sample). requestURI is path
// and query exactly as sent.
func sign(secret Secret, posix, method, requestURI string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.reveal()))
	mac.Write([]byte(posix + method + requestURI + bodyMD5(body)))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// bodyMD5 is nothing for no body. The API prescribes MD5; the HMAC is what protects.
func bodyMD5(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	sum := md5.Sum(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}
