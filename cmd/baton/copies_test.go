package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/config"
	"baton/desk"
)

// Whoever may read what they took part in may keep their copy of it.
func TestCopiesSetting(t *testing.T) {
	for _, tt := range []struct {
		copy   config.ServerCopy
		former config.FormerHolder
		want   desk.Copies
	}{
		{config.CopyKeep, config.FormerNone, desk.CopiesStay},
		{config.CopyRemove, config.FormerNone, desk.CopiesGo},
		{config.CopyMove, config.FormerNone, desk.CopiesMove},
		{config.CopyRemove, config.FormerOwn, desk.CopiesStay},
		{config.CopyMove, config.FormerOwn, desk.CopiesStay},
	} {
		cfg := config.Default()
		cfg.Archive.ServerCopy, cfg.Archive.FormerHolder = tt.copy, tt.former
		require.Equal(t, tt.want, policy(cfg).Copies, "%s, %s", tt.copy, tt.former)
	}
	require.Equal(t, desk.CopiesStay, policy(config.Default()).Copies, "nothing is taken unless asked for")
}
