package gateway

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what the signature is made with is not ours to choose
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"baton/sms/gsm"
	"baton/sms/mobile"
)

// TwilioConfig is an account of Twilio, or of one of those who have its shape.
type TwilioConfig struct {
	Common
	API      string // "": https://api.twilio.com
	Account  string // the account's SID
	Token    string // its auth token: signs callbacks, and is the password
	Callback string // our own address as they call it, with /sms/<name>; it is part of what they sign
}

// Twilio sends by the account and is called by it. Make it with NewTwilio.
type Twilio struct {
	base
	cfg TwilioConfig
}

// NewTwilio makes a gateway.
func NewTwilio(cfg TwilioConfig) *Twilio {
	cfg.Common = cfg.Common.withDefaults()
	if cfg.API == "" {
		cfg.API = "https://api.twilio.com"
	}
	cfg.Callback = strings.TrimSuffix(cfg.Callback, "/")
	return &Twilio{base: base{Common: cfg.Common}, cfg: cfg}
}

// refusals are error codes of submissions that fail however often they are tried.
var refusals = map[int]string{
	21211: "there is no such number", 21217: "there is no such number", 21614: "the number is no mobile phone's",
	21610: "the caller has opted out by STOP", 21408: "the account may not send to this country",
	21612: "the number cannot be reached from ours", 21606: "our number cannot send", 21617: "the text is too long",
}

// Send implements sms.Carrier.
func (t *Twilio) Send(ctx context.Context, s mobile.Submission) (string, error) {
	form := url.Values{"From": {s.From}, "To": {s.To}, "Body": {s.Text}, "StatusCallback": {t.cfg.Callback + "/report"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost,
		strings.TrimSuffix(t.cfg.API, "/")+"/2010-04-01/Accounts/"+url.PathEscape(t.cfg.Account)+"/Messages.json", strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("%w: %w", mobile.ErrNever, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(t.cfg.Account, t.cfg.Token)
	status, body, err := t.post(req)
	if err != nil {
		return "", err
	}
	var answer struct {
		SID     string `json:"sid"`
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	unreadable := json.Unmarshal(body, &answer)
	switch reason, known := refusals[answer.Code]; {
	case status/100 == 2 && answer.SID != "":
		return answer.SID, nil
	case known:
		return "", fmt.Errorf("%w: %s", mobile.ErrNever, reason)
	case unreadable != nil:
		return "", fmt.Errorf("the gateway answered %d, unreadable: %w", status, unreadable)
	}
	return "", fmt.Errorf("the gateway answered %d, code %d: %s", status, answer.Code, answer.Message)
}

// ServeHTTP takes messages at / and reports at /report.
func (t *Twilio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !t.allowed(r) {
		t.refuse(w, r, "its address is not in allow")
		return
	}
	if _, ok := values(w, r); !ok {
		return
	}
	if !same(r.Header.Get("X-Twilio-Signature"), t.signature(r)) {
		t.refuse(w, r, "its signature is not ours; if the gateway sent it, callback must be the address that it calls")
		return
	}
	v := r.PostForm
	if strings.TrimSuffix(r.URL.Path, "/") == "/report" {
		if t.report(w, r, statusOf(v)) {
			w.WriteHeader(http.StatusNoContent)
		}
		return
	}
	in := mobile.Inbound{From: plus(v.Get("From")), To: plus(v.Get("To")), ID: v.Get("MessageSid"),
		Part: gsm.Part{Coding: gsm.Plain, Data: []byte(v.Get("Body"))}}
	if in.ID == "" || in.From == "" || in.To == "" {
		http.Error(w, "MessageSid, From and To are needed", http.StatusBadRequest)
		return
	}
	if t.message(w, r, in) {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><Response/>`)
	}
}

// signature is what a callback must have: the address called and, sorted, each
// name with its value, by HMAC-SHA1.
func (t *Twilio) signature(r *http.Request) string {
	mac := hmac.New(sha1.New, []byte(t.cfg.Token))
	called := t.cfg.Callback + strings.TrimSuffix(r.URL.Path, "/")
	if r.URL.RawQuery != "" {
		called += "?" + r.URL.RawQuery
	}
	mac.Write([]byte(called))
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		for _, value := range slices.Sorted(slices.Values(r.PostForm[name])) {
			mac.Write([]byte(name + value))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// statusOf reads a status callback.
func statusOf(v url.Values) mobile.Report {
	rep := mobile.Report{ID: v.Get("MessageSid")}
	switch v.Get("MessageStatus") {
	case "delivered", "read":
		rep.State = mobile.Delivered
	case "undelivered", "failed":
		rep.State, rep.Reason = mobile.Failed, "the phone was not reached"
		if code := v.Get("ErrorCode"); code != "" {
			rep.Reason += ", error " + code[:min(len(code), 10)]
		}
	}
	return rep
}
