//go:build clients && linux

package clients

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing/fstest"
	"time"
)

// Converse.js as npm has it, and what its file must be: whoever changes one changes the other.
const (
	conversePackage   = "converse.js@14.0.0"
	converseIntegrity = "sha512-LFUg030jDalV47vI/vyVPqYPZfJYXFbubq8v0cFDe2zXNeeGEk3Up0Fj/WTzT6t+6do+cAIToy73eAj7RNDj2Q=="
)

// errNoPackage is that there is no npm, or no registry that it can reach. It is no fault of anything tested.
var errNoPackage = errors.New(conversePackage + " cannot be had")

// converseFiles are the files of Converse.js that a web server has to have, fetched once.
var converseFiles = sync.OnceValues(func() (fs.FS, error) {
	packed, err := npmPack(conversePackage)
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(packed)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != converseIntegrity {
		return nil, fmt.Errorf("%s is another file than it was: its integrity is %s, not %s", conversePackage, got, converseIntegrity)
	}
	return unpack(packed, "package/dist")
})

// npmPack downloads a package, and nothing it depends on, and runs nothing of it.
func npmPack(name string) ([]byte, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return nil, fmt.Errorf("%w: npm is not installed: run scripts/install-deps.sh clients", errNoPackage)
	}
	dir, err := os.MkdirTemp("", "npm-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "pack", "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=2000",
		"--ignore-scripts", "--pack-destination", dir, name)
	cmd.WaitDelay = time.Second // for what npm started
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &said, &said, dir
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: npm pack: %w: %s", errNoPackage, errors.Join(err, ctx.Err()), strings.TrimSpace(said.String()))
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("npm pack left %q, not one file: %s", files, &said)
	}
	return os.ReadFile(files[0])
}

// unpack reads the files in one folder of a package.
func unpack(packed []byte, folder string) (fs.FS, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	files, archive := fstest.MapFS{}, tar.NewReader(unzipped)
	for {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		name, ours := strings.CutPrefix(path.Clean(head.Name), folder+"/")
		if head.Typeflag != tar.TypeReg || !ours || path.Ext(name) == ".map" {
			continue
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		files[name] = &fstest.MapFile{Data: text, Mode: 0o444}
	}
}
