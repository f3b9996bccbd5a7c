package gateway

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/sms/gsm"
	"baton/sms/mobile"
)

// keeper is a handler that keeps what comes.
type keeper struct {
	came    []mobile.Inbound
	reports []mobile.Report
	err     error
}

func (k *keeper) Up(string)                         {}
func (k *keeper) Down(string)                       {}
func (k *keeper) Settled(context.Context, []string) {}
func (k *keeper) Message(_ context.Context, in mobile.Inbound) error {
	k.came = append(k.came, in)
	return k.err
}
func (k *keeper) Report(_ context.Context, r mobile.Report) error {
	k.reports = append(k.reports, r)
	return k.err
}

// call plays a callback, from the address of a documentation network.
func call(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func kannel(url string, k *keeper) *Kannel {
	g := NewKannel(KannelConfig{Common: Common{Name: "kannel"}, SendURL: url, Username: "baton", Password: "pw", Secret: "s3cret",
		Callback: "http://here/sms/kannel"})
	g.h = k
	return g
}

func TestKannelCallsBack(t *testing.T) {
	k := &keeper{}
	g := kannel("", k)
	for path, text := range map[string]string{
		"/?secret=s3cret&from=%2B15551234567&to=0015550001111&id=a1&coding=0&charset=UTF-8&text=Gr%C3%BC%C3%9Fe+%26+more": "Grüße & more",
		"/?secret=s3cret&from=15551234567&to=%2B15550001111&id=a1&coding=2&charset=UTF-16BE&text=%D8%3D%DE%00%00+%00a":    "😀 a",
		"/?secret=s3cret&from=15551234567&to=15550001111&id=a1&coding=0&charset=ISO-8859-1&text=%FC":                      "ü",
		"/?secret=s3cret&from=15551234567&to=15550001111&id=a1&text=plain":                                                "plain",
	} {
		k.came = nil
		w := call(g, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Empty(t, w.Body.String(), "Kannel would send that to the phone")
		require.Equal(t, []mobile.Inbound{{Carrier: "kannel", From: "+15551234567", To: "+15550001111", ID: "a1",
			Part: gsm.Part{N: 1, Total: 1, Coding: gsm.Plain, Data: []byte(text)}}}, k.came)
	}
	k.came = nil
	for path, code := range map[string]int{
		"/?secret=other&from=1555&to=1555&id=a1&text=x":                  http.StatusForbidden,
		"/?from=1555&to=1555&id=a1&text=x":                               http.StatusForbidden,
		"/report?id=5.1&status=1":                                        http.StatusForbidden,
		"/?secret=s3cret&from=1555&to=1555&text=x":                       http.StatusBadRequest,
		"/?secret=s3cret&from=1555&to=1555&id=a1&charset=klingon&text=x": http.StatusBadRequest,
		"/?secret=s3cret&%zz":                                            http.StatusBadRequest,
	} {
		require.Equal(t, code, call(g, http.MethodGet, path, "").Code, path)
	}
	require.Equal(t, http.StatusMethodNotAllowed, call(g, http.MethodPut, "/?secret=s3cret", "").Code)
	require.Equal(t, http.StatusBadRequest, call(g, http.MethodPost, "/", "secret=s3cret&text="+strings.Repeat("x", maxForm)).Code)
	require.Empty(t, k.came)
	for err, code := range map[error]int{mobile.ErrBusy: http.StatusServiceUnavailable, mobile.ErrReject: http.StatusUnprocessableEntity} {
		k.err = err
		require.Equal(t, code, call(g, http.MethodGet, "/?secret=s3cret&from=1555&to=1555&id=a1&text=x", "").Code)
	}
	g.h = nil
	require.Equal(t, http.StatusServiceUnavailable, call(g, http.MethodGet, "/?secret=s3cret&from=1555&to=1555&id=a1&text=x", "").Code)
}

func TestOnlyAllowedAddresses(t *testing.T) {
	k := &keeper{}
	g := kannel("", k)
	g.Allow = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // httptest's is 192.0.2.1
	require.Equal(t, http.StatusOK, call(g, http.MethodGet, "/?secret=s3cret&from=1555&to=1555&id=a1&text=x", "").Code)
	g.Allow = []netip.Prefix{netip.MustParsePrefix("198.51.100.7/32")}
	require.Equal(t, http.StatusForbidden, call(g, http.MethodGet, "/?secret=s3cret&from=1555&to=1555&id=a1&text=x", "").Code)
	require.Len(t, k.came, 1)
}

func TestKannelSends(t *testing.T) {
	k := &keeper{}
	var got url.Values
	code := http.StatusAccepted
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Query()
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "0: Accepted for delivery")
	}))
	defer server.Close()
	g := kannel(server.URL+"/cgi-bin/sendsms", k)
	send := func(text string) (string, error) {
		return g.Send(t.Context(), mobile.Submission{From: "+15550001111", To: "+15551234567", Text: text, Segment: g.Cut(text), N: 1, Key: "5.1"})
	}
	id, err := send("Grüße {€} & more")
	require.NoError(t, err)
	require.Equal(t, "5.1", id)
	require.Equal(t, []string{"baton", "pw", "+15550001111", "+15551234567", "0", "UTF-8", "Grüße {€} & more"}, []string{got.Get("username"),
		got.Get("password"), got.Get("from"), got.Get("to"), got.Get("coding"), got.Get("charset"), got.Get("text")})
	_, err = send("😀 a")
	require.NoError(t, err)
	require.Equal(t, []string{"2", "\xd8\x3d\xde\x00\x00 \x00a"}, []string{got.Get("coding"), got.Get("text")})

	// It reports to the address it was given.
	report := got.Get("dlr-url")
	require.True(t, strings.HasPrefix(report, "http://here/sms/kannel/report?"), report)
	path := strings.TrimPrefix(report, "http://here/sms/kannel")
	for status, want := range map[string]mobile.Report{
		"1": {Carrier: "kannel", ID: "5.1", State: mobile.Delivered}, "8": {Carrier: "kannel", ID: "5.1"},
		"2":  {Carrier: "kannel", ID: "5.1", State: mobile.Failed, Reason: "the phone was not reached"},
		"16": {Carrier: "kannel", ID: "5.1", State: mobile.Failed, Reason: "the message centre refused it"},
	} {
		k.reports = nil
		w := call(g, http.MethodGet, strings.NewReplacer("%d", status, "%A", "ACK").Replace(path), "")
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, []mobile.Report{want}, k.reports)
	}
	for answer, want := range map[int]error{http.StatusServiceUnavailable: mobile.ErrLater, http.StatusForbidden: mobile.ErrLater,
		http.StatusBadRequest: mobile.ErrNever} {
		code = answer
		_, err := send("Hi")
		require.ErrorIs(t, err, want)
	}
	server.Close()
	_, err = send("Hi")
	require.ErrorIs(t, err, mobile.ErrLater)
	require.NotContains(t, err.Error(), "pw", "the address has the password")
}

func twilio(api string, k *keeper) *Twilio {
	g := NewTwilio(TwilioConfig{Common: Common{Name: "twilio"}, API: api, Account: "AC123", Token: "12345",
		Callback: "https://example.com/myapp"})
	g.h = k
	return g
}

// The example of Twilio's documentation of its signature.
func TestSignature(t *testing.T) {
	g := NewTwilio(TwilioConfig{Token: "12345", Callback: "https://example.com/myapp"})
	r := httptest.NewRequest(http.MethodPost, "/?foo=1&bar=2", nil)
	r.URL.Path = ".php"
	r.PostForm = url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675310"}, "Digits": {"1234"}, "From": {"+14158675310"},
		"To": {"+18005551212"}}
	require.Equal(t, "L/OH5YylLD5NRKLltdqwSvS0BnU=", g.signature(r))
}

func TestTwilioCallsBack(t *testing.T) {
	k := &keeper{}
	g := twilio("", k)
	signed := func(path string, form url.Values) string {
		r := httptest.NewRequest(http.MethodPost, path, nil)
		r.PostForm = form
		return g.signature(r)
	}
	form := url.Values{"MessageSid": {"SM1"}, "From": {"+15551234567"}, "To": {"+15550001111"}, "Body": {"Grüße 😀"}, "NumSegments": {"1"}}
	w := call(g, http.MethodPost, "/", form.Encode(), "X-Twilio-Signature", signed("/", form))
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "<Response/>")
	require.Equal(t, []mobile.Inbound{{Carrier: "twilio", From: "+15551234567", To: "+15550001111", ID: "SM1",
		Part: gsm.Part{N: 1, Total: 1, Coding: gsm.Plain, Data: []byte("Grüße 😀")}}}, k.came)

	status := url.Values{"MessageSid": {"SM2"}, "MessageStatus": {"undelivered"}, "ErrorCode": {"30003"}}
	require.Equal(t, http.StatusNoContent, call(g, http.MethodPost, "/report", status.Encode(), "X-Twilio-Signature", signed("/report", status)).Code)
	require.Equal(t, []mobile.Report{{Carrier: "twilio", ID: "SM2", State: mobile.Failed, Reason: "the phone was not reached, error 30003"}}, k.reports)

	forged := url.Values{"MessageSid": {"SM3"}, "From": {"+15551234567"}, "To": {"+15550001111"}, "Body": {"send money"}}
	for what, sign := range map[string]string{"no signature": "", "another's": signed("/", form), "another address's": signed("/report", forged)} {
		require.Equal(t, http.StatusForbidden, call(g, http.MethodPost, "/", forged.Encode(), "X-Twilio-Signature", sign).Code, what)
	}
	require.Equal(t, http.StatusForbidden, call(g, http.MethodPost, "/?Body=send+money", form.Encode(), "X-Twilio-Signature", signed("/", form)).Code)
	require.Len(t, k.came, 1)
}

func TestTwilioSends(t *testing.T) {
	status, answer := http.StatusCreated, `{"sid":"SM9","status":"queued"}`
	var got url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		_ = r.ParseForm()
		got = r.PostForm
		got.Set("as", user+":"+password+" "+r.URL.Path)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	g := twilio(server.URL, &keeper{})
	send := func() (string, error) {
		return g.Send(t.Context(), mobile.Submission{From: "+15550001111", To: "+15551234567", Text: "Grüße 😀", Segment: g.Cut("Grüße 😀"), N: 1, Key: "5.1"})
	}
	id, err := send()
	require.NoError(t, err)
	require.Equal(t, "SM9", id)
	require.Equal(t, url.Values{"From": {"+15550001111"}, "To": {"+15551234567"}, "Body": {"Grüße 😀"},
		"StatusCallback": {"https://example.com/myapp/report"}, "as": {"AC123:12345 /2010-04-01/Accounts/AC123/Messages.json"}}, got)
	for _, c := range []struct {
		status int
		answer string
		want   error
	}{
		{http.StatusBadRequest, `{"code":21211,"message":"invalid"}`, mobile.ErrNever},
		{http.StatusBadRequest, `{"code":21610,"message":"unsubscribed"}`, mobile.ErrNever},
		{http.StatusTooManyRequests, `{"code":20429}`, mobile.ErrLater},
		{http.StatusUnauthorized, `{"code":20003}`, mobile.ErrLater},
		{http.StatusBadGateway, `<html>`, mobile.ErrLater},
	} {
		status, answer = c.status, c.answer
		_, err := send()
		require.ErrorIs(t, err, c.want, c.answer)
	}
	status, answer = http.StatusInternalServerError, "oops"
	_, err = send()
	require.ErrorContains(t, err, "answered 500, unreadable")
}
