package sheet

import (
	"bytes"
	"encoding/json"
	"strings"
)

const asDownload = "open it in the browser, and download the list as .xlsx or as CSV (File, Download)"

// pointer names a small file that stands in the place of a list, or holds data of a
// program: lock files, links to documents in a cloud, JSON, images.
func pointer(head []byte, name string) (kind, hint string) {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	begins := func(starts ...string) bool {
		for _, start := range starts {
			if bytes.HasPrefix(text, []byte(start)) {
				return true
			}
		}
		return false
	}
	switch {
	case strings.HasPrefix(name, "~$"), lockFile(head):
		return "the lock file of a document that is open in Excel, and not the document", "hand in the file without ~$ before its name; close it first, so that all of it is saved"
	case strings.HasPrefix(name, ".~lock."):
		return "the lock file of a document that is open in LibreOffice, and not the document", "hand in the file that it is named after; close it first, so that all of it is saved"
	case begins("version https://git-lfs.github.com/spec/"):
		return "a Git LFS pointer, and not the file", "run git lfs pull, and hand in the file that it fetches"
	case begins("/annex/objects/", "../.git/annex/", ".git/annex/"):
		return "a git-annex pointer, and not the file", "run git annex get, and hand in the file that it fetches"
	case begins("bplist00"):
		return "a property list of macOS, such as stands for a file that is still in iCloud", "open the folder in the Finder and download the file first"
	case begins("{", "[") && isJSON(text):
		if bytes.Contains(text, []byte(`"doc_id"`)) || strings.HasSuffix(strings.ToLower(name), ".gsheet") {
			return "a link to a Google document, and not the document", asDownload
		}
		return "JSON", exportCSV
	case begins("{\\rtf"):
		return "a text document (RTF)", "copy the list into a spreadsheet program and save it as .xlsx or as 'CSV UTF-8'"
	case begins("\x89PNG", "\xff\xd8\xff", "GIF8", "RIFF", "II*\x00", "MM\x00*"):
		return "a picture", exportCSV
	case begins("SQLite format 3\x00", "PAR1", "Obj\x01"):
		return "a database", exportCSV
	case begins("BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd", "PK\x05\x06"):
		return "a compressed archive", "unpack it, and hand in the .xlsx or CSV file that is inside"
	case begins("MZ\x90", "\x7fELF", "\xcf\xfa\xed\xfe", "L\x00\x00\x00\x01\x14\x02\x00"):
		return "a program or a shortcut to a file", "hand in the list itself"
	}
	return "", ""
}

// lockFile recognizes what Excel and Word write while a document is open: the length of
// the user's name, the name, and the name once more in UTF-16, filled up with spaces.
func lockFile(head []byte) bool {
	const size, most = 165, 54
	return (len(head) == size || len(head) == 162) && head[0] > 0 && head[0] <= most &&
		bytes.Count(head, []byte{' '})+bytes.Count(head, []byte{0}) > len(head)/2
}

// isJSON says that a text begins as JSON does, its first value included.
func isJSON(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	for range 3 {
		if _, err := d.Token(); err != nil {
			return false
		}
	}
	return true
}
