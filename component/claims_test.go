package component_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the scenarios into docs/claims.md anew")

const claimsDoc = "../docs/claims.md"

// shownBy returns the scenarios' names by the claims their headings name.
func shownBy(t *testing.T) map[int][]string {
	by := map[int][]string{}
	for _, file := range scenarioFiles(t) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, n := range claimsOf(string(text)) {
			by[n] = append(by[n], strings.TrimSuffix(filepath.Base(file), ".txt"))
		}
	}
	for n, tests := range elsewhere {
		for _, name := range tests {
			require.True(t, isTest(t, name), "there is no test %s", name)
		}
		by[n] = append(by[n], tests...)
	}
	return by
}

// elsewhere are tests that show a claim and are no scenarios, as package and name:
// callers who do not come by XMPP.
var elsewhere = func() map[int][]string {
	phone := []string{"integration/sms.TestPhone", "sms.TestDialog"}
	page := []string{"integration/web.TestVisitor", "integration/web.TestWithoutJavaScript", "web.TestSession"}
	return map[int][]string{3: phone, 15: phone, 23: phone, 4: page}
}()

// isTest reports whether a package has that test.
func isTest(t *testing.T, name string) bool {
	pkg, test, _ := strings.Cut(name, ".")
	files, err := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
	require.NoError(t, err)
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		return strings.Contains(string(text), "\nfunc "+test+"(t *testing.T)")
	})
}

// scenarioCell is the last cell of a row about these claims.
func scenarioCell(by map[int][]string, claims []int) string {
	var names []string
	for _, n := range claims {
		names = append(names, by[n]...)
	}
	if len(names) == 0 {
		return "not yet"
	}
	slices.Sort(names)
	return "`" + strings.Join(slices.Compact(names), "` `") + "`"
}

// TestClaimsTable checks that every claim has its row, and that each row names
// exactly the scenarios whose headings name its claims.
func TestClaimsTable(t *testing.T) {
	doc, err := os.ReadFile(claimsDoc)
	require.NoError(t, err)
	by := shownBy(t)
	lines := strings.Split(string(doc), "\n")
	seen := map[int]int{}
	for i, line := range lines {
		claims := rowClaims(line)
		if claims == nil {
			continue
		}
		for _, n := range claims {
			seen[n]++
		}
		cut := strings.LastIndex(strings.TrimSuffix(strings.TrimSpace(line), "|"), "|")
		want := line[:cut] + "| " + scenarioCell(by, claims) + " |"
		if *update {
			lines[i] = want
			continue
		}
		require.Equal(t, want, line, "docs/claims.md, line %d: run go test ./component -run TestClaimsTable -update", i+1)
	}
	for n := 1; n <= 39; n++ {
		require.Equal(t, 1, seen[n], "rows about claim %d", n)
		delete(seen, n)
	}
	for n := range by {
		require.True(t, 1 <= n && n <= 39, "a scenario names claim %d", n)
	}
	require.Empty(t, seen, "no such claims")
	if *update {
		require.NoError(t, os.WriteFile(claimsDoc, []byte(strings.Join(lines, "\n")), 0o644))
	}
}

// rowClaims returns the claims that a row of the table is about; nil for any
// other line.
func rowClaims(line string) []int {
	cells := strings.Split(line, "|")
	if len(cells) < 3 || strings.TrimSpace(cells[0]) != "" {
		return nil
	}
	var claims []int
	for _, word := range strings.Split(cells[1], ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil {
			return nil
		}
		claims = append(claims, n)
	}
	return claims
}
