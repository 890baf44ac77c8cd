//go:build !unix

package ledger

import "io/fs"

const root = ""

// These systems tell neither owners nor modes in this way; by default the folders of a
// user are closed to others there.
func otherOwner(fs.FileInfo) (string, bool) { return "", false }
func writableByOthers(fs.FileInfo) bool     { return false }
func ownGroup(fs.FileInfo) bool             { return false }
