package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

// How large what visitors fill in may be, in characters.
const (
	maxName  = 100
	maxValue = 500
)

// repeatWithin is how long the same request to begin a session is a repetition
// of the first one.
const repeatWithin = 10 * time.Minute

// identity is who a site says its visitor is.
type identity struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Expires   int64  `json:"expires"`   // seconds since 1970
	Signature string `json:"signature"` // HMAC-SHA256 of "id\nname\nexpires" in hexadecimal
}

// beginning is a request to begin a session.
type beginning struct {
	Queue    string            `json:"queue"`
	ID       string            `json:"id"` // random: a repetition has the same
	Fields   map[string]string `json:"fields"`
	Text     string            `json:"text"`
	Lang     string            `json:"lang"`
	Identity *identity         `json:"identity"`

	email string // where the answer goes; of the away form
}

var (
	idForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)
	startForm = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`) // 128 bits or more
	emailForm = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
	phoneForm = regexp.MustCompile(`^[0-9 +()./-]{3,32}$`)
)

// hashed is what is kept of a secret.
func hashed(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// newToken returns a secret of 256 bits.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// cookie is the secret of the session without JavaScript.
const cookie = "baton"

// token returns the secret of a request: of the API in a header; of the pages
// without JavaScript also in a cookie.
func token(r *http.Request) string {
	if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return t
	}
	if c, err := r.Cookie(cookie); err == nil && !strings.HasPrefix(r.URL.Path, "/api/") {
		return c.Value
	}
	return ""
}

// session finds the session of a request.
func (s *Server) session(r *http.Request) (desk.WebSession, error) {
	t := token(r)
	if len(t) != 43 {
		return desk.WebSession{}, desk.ErrNotFound
	}
	now := s.cfg.Now()
	ws, err := s.box.WebSession(r.Context(), hashed(t), now, now.Add(-s.cfg.Remember))
	if err == nil && ws.Domain != s.desk.Domain() {
		return desk.WebSession{}, desk.ErrNotFound
	}
	return ws, err
}

// with finds the session of a request to the API, or answers that there is none.
func (s *Server) with(handle func(http.ResponseWriter, *http.Request, desk.WebSession)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ws, err := s.session(r)
		switch {
		case err == nil:
			handle(w, r, ws)
		case !errors.Is(err, desk.ErrNotFound):
			s.fail(w, r, err)
		case !s.limit.guesses.take(s.limit.address(r), s.cfg.Now()):
			s.refuse(w, r, http.StatusTooManyRequests, "fast")
		default:
			s.refuse(w, r, http.StatusUnauthorized, "session")
		}
	}
}

// begin opens a session, tells the desk, and returns the secret.
func (s *Server) begin(ctx context.Context, b beginning) (string, desk.WebSession, error) {
	q, ok := s.queue(b.Queue)
	if !ok || !startForm.MatchString(b.ID) {
		return "", desk.WebSession{}, errForm
	}
	party, name, info, err := s.whoIs(q, b)
	if err != nil {
		return "", desk.WebSession{}, err
	}
	text, err := s.clean(b.Text)
	if err != nil && strings.TrimSpace(b.Text) != "" {
		return "", desk.WebSession{}, err
	}
	now, secret := s.cfg.Now(), newToken()
	ws, err := s.box.OpenWebSession(ctx, desk.WebSession{Token: hashed(secret), Start: hashed(b.ID), Domain: s.desk.Domain(),
		Entry: q.Name, Party: party, Name: name, Lang: b.Lang, Verified: b.Identity != nil, Began: now, Used: now}, now.Add(-repeatWithin))
	if err != nil {
		return "", ws, err
	}
	if text == "" {
		_, err = s.desk.Do(ctx, desk.Connect{Caller: caller(ws), Info: info})
	} else { // one commit, so that whoever is asked sees what it is about
		_, err = s.say(ctx, ws, "first-"+b.ID, text, "", info...)
	}
	if err != nil {
		return "", ws, err
	}
	return secret, ws, nil
}

func caller(ws desk.WebSession) desk.Caller {
	return desk.Caller{Entry: ws.Entry, Party: ws.Party, Name: ws.Name, Lang: ws.Lang}
}

// whoIs returns who a visitor is, what to call them, and what they filled in.
func (s *Server) whoIs(q Queue, b beginning) (handoff.Party, string, []desk.Field, error) {
	var info []desk.Field
	party, name := desk.WebPrefix+randomName(10), ""
	if b.Identity != nil {
		if !s.vouched(*b.Identity) {
			return "", "", nil, &problem{http.StatusForbidden, "session"}
		}
		sum := hmac.New(sha256.New, s.cfg.IdentitySecret)
		sum.Write([]byte("party\n" + b.Identity.ID))
		id := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum.Sum(nil)[:20])
		party, name = desk.WebPrefix+"u"+strings.ToLower(id), b.Identity.Name
		info = append(info, desk.Field{Var: "user", Label: "User", Value: short(b.Identity.ID, maxName)})
	}
	for _, f := range q.Form {
		value := strings.TrimSpace(strings.ToValidUTF8(b.Fields[f.Name], ""))
		if f.Name == fieldName && b.Identity != nil {
			continue
		}
		if !fits(f, value) {
			return "", "", nil, errForm
		}
		if f.Name == fieldName {
			name = value
		} else if value != "" {
			info = append(info, desk.Field{Var: f.Name, Label: f.Label, Value: value})
		}
	}
	if b.email != "" {
		info = append(info, desk.Field{Var: "email", Label: "Email", Value: b.email})
	}
	name = s.cfg.SafeName(short(name, maxName))
	if strings.TrimSpace(name) == "" {
		name = lang.In(b.Lang).Say("caller_name")
	}
	return handoff.Party(party + "@" + s.desk.Domain()), name, info, nil
}

// fits reports whether a value may stand in a field.
func fits(f Field, value string) bool {
	switch {
	case utf8.RuneCountInString(value) > maxValue:
		return false
	case value == "":
		return !f.Required
	case f.Kind == Email:
		return emailForm.MatchString(value)
	case f.Kind == Phone:
		return phoneForm.MatchString(value)
	case f.Kind == Choice:
		return slices.Contains(f.Options, value)
	}
	return true
}

// short returns the first n characters of a text.
func short(s string, n int) string {
	if r := []rune(strings.ToValidUTF8(s, "")); len(r) > n {
		return string(r[:n])
	}
	return strings.ToValidUTF8(s, "")
}

// vouched reports whether our site has signed an identity that is still good.
func (s *Server) vouched(i identity) bool {
	if len(s.cfg.IdentitySecret) == 0 || i.ID == "" || strings.ContainsAny(i.ID+i.Name, "\n") ||
		s.cfg.Now().Unix() > i.Expires {
		return false
	}
	got, err := hex.DecodeString(i.Signature)
	return err == nil && hmac.Equal(got, Sign(s.cfg.IdentitySecret, i.ID, i.Name, i.Expires))
}

// Sign returns what a site signs of a logged-in visitor: HMAC-SHA256 of the
// identifier, the name, and the time until which it is good, in seconds since
// 1970, with a newline between them.
func Sign(secret []byte, id, name string, expires int64) []byte {
	sum := hmac.New(sha256.New, secret)
	sum.Write([]byte(id + "\n" + name + "\n" + strconv.FormatInt(expires, 10)))
	return sum.Sum(nil)
}
