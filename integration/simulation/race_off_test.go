//go:build !race

package simulation

// usual is how many histories are played when nobody says.
const usual = 3 * fewest
