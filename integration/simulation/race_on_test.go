//go:build race

package simulation

// usual is how many histories are played when nobody says: each takes five times
// as long with the race detector.
const usual = fewest
