// Package sqlite keeps a ledger in one SQLite file, for the runs of one computer.
// It owns the file, its -wal and -shm, and the locks and spill files beside it; it
// refuses a file that is not its own, and a file system on which locks cannot be
// trusted.
package sqlite
