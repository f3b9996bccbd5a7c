package main

import (
	"context"
	"fmt"
	"time"

	"baton/config"
	"baton/sms"
	"baton/sms/gateway"
	"baton/sms/smpp"
)

// newSMS makes the channel to phones; nil where there is no way to any.
func newSMS(cfg config.Config, a *app) (*sms.Server, error) {
	c := sms.Config{Desk: a.desk, Store: a.store, Text: a.component.PlainText, MaxSegments: cfg.SMS.MaxSegments,
		TellSegments: cfg.SMS.TellSegments, TellTransfer: cfg.SMS.TellTransfer, Help: cfg.SMS.Help, Log: a.log}
	add := func(carrier sms.Carrier, numbers []string) {
		c.Carriers = append(c.Carriers, carrier)
		for _, entry := range numbers {
			n := cfg.Number(entry)
			c.Numbers = append(c.Numbers, sms.Number{Number: n.Number, Carrier: carrier.Name(), Queue: n.Queue, Lang: n.Lang})
		}
	}
	for _, s := range cfg.SMS.SMPP {
		tls, err := s.TLSConfig()
		if err != nil {
			return nil, fmt.Errorf("sms.smpp %s: %w", s.Name, err)
		}
		var every time.Duration
		if s.Rate.Count > 0 {
			every = s.Rate.Per / time.Duration(s.Rate.Count)
		}
		add(smpp.New(smpp.Config{Name: s.Name, Address: s.Address, TLS: tls, SystemID: s.SystemID, Password: s.Password.Reveal(),
			Type: s.SystemType, Window: s.Window, Every: every, Coding0: smpp.Alphabet(s.Coding0), Coding1: smpp.Alphabet(s.Coding1),
			Long: smpp.Long(s.Long), ReceiptIDs: smpp.IDs(s.ReceiptIDs), Country: s.Country, Log: a.log}), s.Numbers)
	}
	for _, k := range cfg.SMS.Kannel {
		add(gateway.NewKannel(gateway.KannelConfig{Common: gateway.Common{Name: k.Name, Allow: config.Prefixes(k.Allow), Log: a.log},
			SendURL: k.URL, Username: k.Username, Password: k.Password.Reveal(), Secret: k.Secret.Reveal(), Callback: k.Callback}), k.Numbers)
	}
	for _, t := range cfg.SMS.Twilio {
		add(gateway.NewTwilio(gateway.TwilioConfig{Common: gateway.Common{Name: t.Name, Allow: config.Prefixes(t.Allow), Log: a.log},
			API: t.URL, Account: t.Account, Token: t.Token.Reveal(), Callback: t.Callback}), t.Numbers)
	}
	if len(c.Carriers) == 0 {
		return nil, nil
	}
	return sms.New(c), nil
}

// runSMS runs the channel to phones; stop ends it and waits.
func (a *app) runSMS(ctx context.Context) (stop func()) {
	if a.sms == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() { defer close(over); a.sms.Run(ctx) }()
	return func() { cancel(); <-over }
}
