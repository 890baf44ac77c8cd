// Package postgres keeps a ledger in a PostgreSQL database, for the runs of many
// computers: one list of partners, one claim for each, one pace.
//
// It owns a schema of that database, the connections to it, and the spill files
// that wait on this computer. A run is alive as long as one of its connections
// holds its advisory lock: the one that writes does, so that whatever is claimed
// is claimed under the lock.
//
// A connection that breaks during a commit leaves it unknown whether the commit
// is on disk. So every change can be made twice without harm: it is repeated
// until the database has confirmed it, or for patience, and then the outcome goes
// into a spill file.
//
// It refuses a database whose word can't be relied on: one that doesn't wait for
// its disk, a copy that can't be written, a proxy that gives each transaction
// another connection.
package postgres
