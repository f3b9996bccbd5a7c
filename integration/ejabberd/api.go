package ejabberd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const apiTimeout = 20 * time.Second

// APIError is a refusal of ejabberd's HTTP API.
type APIError struct {
	Command string
	Status  int // of HTTP
	Text    string
}

// Error says what was asked and what came of it.
func (e *APIError) Error() string {
	return fmt.Sprintf("ejabberd's API refused %s: HTTP %d: %s", e.Command, e.Status, e.Text)
}

// API calls a command of ejabberd's HTTP API (mod_http_api) and decodes the answer into result, unless that is nil.
// The template's api_permissions say which commands there are. A refusal is an *APIError.
func (s *Server) API(ctx context.Context, command string, args map[string]any, result any) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.APIURL()+"/"+command, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Close = true // leaves no goroutine behind
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ejabberd's API cannot be reached (is the server up?): %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("ejabberd's API, %s: %w", command, err)
	}
	if resp.StatusCode != http.StatusOK {
		return &APIError{command, resp.StatusCode, string(text)}
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(text, result)
}

// APIURL is what commands of the HTTP API are appended to, as roster.ejabberd_api wants it.
func (s *Server) APIURL() string { return "http://" + s.HTTP + "/api" }

// Register makes an account (a localpart at Domain), or gives an existing one this password. The server must run.
func (s *Server) Register(user, password string) error {
	if user == "" || password == "" {
		return errors.New("an account needs a user name and a password")
	}
	ctx := context.Background() // API has a limit of its own
	err := s.API(ctx, "register", map[string]any{"user": user, "host": s.Domain, "password": password}, nil)
	var refused *APIError
	if errors.As(err, &refused) && refused.Status == http.StatusConflict {
		err = s.API(ctx, "change_password", map[string]any{"user": user, "host": s.Domain, "newpass": password}, nil)
	}
	if err != nil {
		return fmt.Errorf("cannot register %s: %w", user, err)
	}
	return nil
}

// Clear removes all accounts with all that the server keeps for them, so that the next test finds it as if just
// started.
func (s *Server) Clear(ctx context.Context) error {
	var users []string
	if err := s.API(ctx, "registered_users", map[string]any{"host": s.Domain}, &users); err != nil {
		return err
	}
	for _, user := range users {
		if err := s.API(ctx, "unregister", map[string]any{"user": user, "host": s.Domain}, nil); err != nil {
			return err
		}
	}
	return nil
}
