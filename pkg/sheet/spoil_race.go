//go:build race

package sheet

// spoil overwrites the memory that is given back, in tests with the race detector.
const spoil = true
