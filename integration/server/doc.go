// Package server starts throwaway XMPP servers of either make under one interface, for whatever must hold on both:
//
//	s, err := server.Start(ctx, server.Ejabberd, server.Options{
//		Secret:   "secret",
//		Accounts: []server.Account{{User: "ann", Password: "pw"}},
//	})
//	if err != nil { … } // errors.Is(err, server.ErrNotInstalled): it says what to install
//	defer s.Stop()
//
//	a := s.Addr() // a.C2S for clients, a.ComponentAddr and a.Secret for the program, a.Domain, a.Component …
//	err = s.Register("bob", "pw") // any time while it runs
//	err = s.Kill()                // as a crash would; data and ports stay
//	err = s.Restart(ctx)          // up again, after Kill or in place of a running one: same ports, same accounts
//	<-s.Done()                    // the process that runs now has ended
//	s.Facts().RosterByAPI         // how this make differs; here: set roster.ejabberd_api to "http://"+a.HTTP+"/api"
//
// A server dies with the process that started it (Linux), however that dies. One takes about 10 MB (Prosody) or 110 MB
// (ejabberd) and 0.3 s or 1 s to start. Stop removes its folder, unless Options.Dir named one.
package server
