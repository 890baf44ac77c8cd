//go:build !torture

package main

// The numbers of the battery in make test, which has three minutes.
const (
	killsOfOne    = 150
	killsOfThree  = 20
	crashes       = 5 // at each point
	exportKills   = 10
	operatorRows  = 300
	soakRows      = 400
	desyncSeeds   = 1 // for each kind of answer, place and number of workers
	guardedCells  = 100_000
	bombMegabytes = 100
	pgKills       = 12 // of three processes on a ledger in PostgreSQL
	pgKillRows    = 150
	pgStops       = 2 // of the server
	pgStopRows    = 400
)

var soakSeeds = []int64{1}
