//go:build torture

package main

// The numbers of the battery in make torture.
const (
	killsOfOne    = 1000
	killsOfThree  = 500
	crashes       = 20 // at each point
	exportKills   = 100
	operatorRows  = 10_000
	soakRows      = 50_000
	desyncSeeds   = 20 // for each kind of answer, place and number of workers
	guardedCells  = 1_000_000
	bombMegabytes = 100
	pgKills       = 300 // of three processes on a ledger in PostgreSQL
	pgKillRows    = 4000
	pgStops       = 20 // of the server
	pgStopRows    = 4000
)

var soakSeeds = []int64{1, 2, 3, 4, 5}
