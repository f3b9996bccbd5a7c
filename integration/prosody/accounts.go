package prosody

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Register makes an account (a localpart at Domain), or gives an existing one this password. It takes effect at once,
// whether the server runs or not.
//
// It writes the account as Prosody's internal storage keeps it; at the first login mod_auth_internal_hashed replaces
// the password by its hash. (prosodyctl does the same in 0.3 s for each account.)
func (s *Server) Register(user, password string) error {
	if user == "" || password == "" {
		return errors.New("an account needs a user name and a password")
	}
	host := filepath.Join(s.DataDir, storeName(s.Domain))
	accounts := filepath.Join(host, "accounts")
	if err := os.MkdirAll(accounts, 0o700); err != nil {
		return fmt.Errorf("cannot register %s: %w", user, err)
	}
	text := fmt.Sprintf("return {\n\t[\"password\"] = %s;\n};\n", luaString(password))
	file := filepath.Join(accounts, storeName(user)+".dat")
	err := errors.Join(s.HandOver(host), s.HandOver(accounts), replaceFile(file, text, s.HandOver))
	if err != nil {
		return fmt.Errorf("cannot register %s: %w", user, err)
	}
	return nil
}

// replaceFile writes beside and renames, so that a running server never reads half of it.
func replaceFile(path, text string, prepare func(string) error) error {
	fresh := path + "~new"
	if err := os.WriteFile(fresh, []byte(text), 0o600); err != nil {
		return err
	}
	if err := prepare(fresh); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}

// storeName encodes a name as Prosody's util.datamanager does for files: all but ASCII letters and digits as %xx.
func storeName(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}
