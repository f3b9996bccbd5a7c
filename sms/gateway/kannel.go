package gateway

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/htmlindex"

	"baton/sms/gsm"
	"baton/sms/mobile"
)

// KannelConfig is Kannel's HTTP interface: its sendsms, and an sms-service whose
// get-url, or post-url, names us.
type KannelConfig struct {
	Common
	SendURL            string // http://127.0.0.1:13013/cgi-bin/sendsms
	Username, Password string
	Secret             string // that callbacks have as secret=…
	Callback           string // our own address as Kannel reaches it, with /sms/<name>; "": no receipts
}

// Kannel sends by Kannel and is called by it. Make it with NewKannel.
type Kannel struct {
	base
	cfg KannelConfig
}

// NewKannel makes a gateway.
func NewKannel(cfg KannelConfig) *Kannel {
	cfg.Common = cfg.Common.withDefaults()
	return &Kannel{base: base{Common: cfg.Common}, cfg: cfg}
}

// Send implements sms.Carrier. Kannel answers with no identifier that its reports
// would have, so that the address it reports to has ours.
func (k *Kannel) Send(ctx context.Context, s mobile.Submission) (string, error) {
	q := url.Values{"username": {k.cfg.Username}, "password": {k.cfg.Password}, "from": {s.From}, "to": {s.To}}
	if s.Segment.Coding == gsm.UCS2 {
		var units []byte
		for _, u := range utf16.Encode([]rune(s.Text)) {
			units = binary.BigEndian.AppendUint16(units, u)
		}
		q.Set("coding", "2")
		q.Set("charset", "UTF-16BE")
		q.Set("text", string(units)) // url.Values writes each octet that is no letter as %XX
	} else {
		q.Set("coding", "0")
		q.Set("charset", "UTF-8")
		q.Set("text", s.Text)
	}
	if k.cfg.Callback != "" {
		q.Set("dlr-mask", "19") // delivered, failed, refused by the message centre
		q.Set("dlr-url", strings.TrimSuffix(k.cfg.Callback, "/")+"/report?"+url.Values{"secret": {k.cfg.Secret}, "id": {s.Key}}.Encode()+"&status=%d&answer=%A")
	}
	sep := "?"
	if strings.Contains(k.cfg.SendURL, "?") {
		sep = "&"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.cfg.SendURL+sep+q.Encode(), nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", mobile.ErrNever, err)
	}
	code, body, err := k.post(req)
	said := string(body[:min(len(body), 100)])
	switch {
	case err != nil:
		return "", err
	case code == http.StatusAccepted || code == http.StatusOK: // "0: Accepted for delivery", "3: Queued for later delivery"
		return s.Key, nil
	case code == http.StatusForbidden:
		return "", fmt.Errorf("%w: Kannel answered %d %q; check its user name and password in sms", mobile.ErrLater, code, said)
	case code == http.StatusBadRequest || code == http.StatusNotFound:
		return "", fmt.Errorf("%w: Kannel answered %d %q", mobile.ErrNever, code, said)
	}
	return "", fmt.Errorf("Kannel answered %d %q", code, said)
}

// ServeHTTP takes messages at / and reports at /report.
func (k *Kannel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !k.allowed(r) {
		k.refuse(w, r, "its address is not in allow")
		return
	}
	v, ok := values(w, r)
	if !ok {
		return
	}
	if !same(v.Get("secret"), k.cfg.Secret) {
		k.refuse(w, r, "the secret is not ours")
		return
	}
	if strings.TrimSuffix(r.URL.Path, "/") == "/report" {
		ok = k.report(w, r, reportOf(v))
	} else {
		ok = k.take(w, r, v)
	}
	if ok { // whatever stood in the answer Kannel would send to the phone
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusOK)
	}
}

func (k *Kannel) take(w http.ResponseWriter, r *http.Request, v url.Values) bool {
	text, err := kannelText(v.Get("text"), v.Get("coding"), v.Get("charset"))
	in := mobile.Inbound{From: plus(v.Get("from")), To: plus(v.Get("to")), ID: v.Get("id")}
	if err != nil || in.ID == "" || in.From == "" || in.To == "" {
		k.Log.Warn("a callback lacks something: see docs/sms.md for Kannel's get-url", "gateway", k.Common.Name, "error", err)
		http.Error(w, "from, to, id, text and a known charset are needed", http.StatusBadRequest)
		return false
	}
	in.Part = gsm.Part{Coding: gsm.Plain, Data: []byte(text)}
	return k.message(w, r, in)
}

// kannelText returns what %b is: with coding 2 UTF-16BE, else whatever charset
// says.
func kannelText(b, coding, charset string) (string, error) {
	if coding == "2" {
		return gsm.Decode(gsm.UCS2, []byte(b)), nil
	}
	if charset == "" || strings.EqualFold(charset, "utf-8") {
		return strings.ToValidUTF8(b, "\uFFFD"), nil
	}
	enc, err := htmlindex.Get(charset)
	if err != nil {
		return "", fmt.Errorf("charset %q: %w", charset, err)
	}
	return enc.NewDecoder().String(b)
}

// reportOf reads a delivery report: 1 delivered, 2 failed, 16 refused by the
// centre; the rest is on the way there.
func reportOf(v url.Values) mobile.Report {
	rep := mobile.Report{ID: v.Get("id")}
	switch v.Get("status") {
	case "1":
		rep.State = mobile.Delivered
	case "2":
		rep.State, rep.Reason = mobile.Failed, "the phone was not reached"
	case "16":
		rep.State, rep.Reason = mobile.Failed, "the message centre refused it"
	}
	return rep
}
