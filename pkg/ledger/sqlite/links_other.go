//go:build !unix

package sqlite

import "io/fs"

// links is 1: these systems tell it only of an open file.
func links(fs.FileInfo) uint64 { return 1 }
