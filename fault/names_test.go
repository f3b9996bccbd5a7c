package fault_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/fault"
)

// Every name is in the tree at exactly one place, and every place has a name.
func TestNamesAreTheCalls(t *testing.T) {
	where := map[string]string{}
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, name := range calls(t, path) {
			require.Empty(t, where[name], "%s is at two places, one of them in %s", name, path)
			where[name] = path
		}
		return nil
	}))
	names := fault.Names()
	require.GreaterOrEqual(t, len(names), 40)
	for _, name := range names {
		require.Contains(t, where, name, "a name without a point")
		delete(where, name) // so that one listed twice is missing the second time
	}
	require.Empty(t, where, "points that are not listed")
}

// calls returns the names of the points in a file.
func calls(t *testing.T, path string) []string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || f.Sel.Name != "Point" {
			return true
		}
		if pkg, ok := f.X.(*ast.Ident); !ok || pkg.Name != "fault" {
			return true
		}
		literal, ok := call.Args[0].(*ast.BasicLit)
		require.True(t, ok, "%s: a point's name is written out", set.Position(call.Pos()))
		name, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		names = append(names, name)
		return true
	})
	return names
}
