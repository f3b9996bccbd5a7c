package simulation

// presence tells the component of a user's. The caller holds mu.
func (s *server) presence(u *user) {
	switch {
	case !s.ready:
	case !u.online:
		s.write("<presence type='unavailable' from='" + u.full + "' to='desk@" + domain + "'/>")
	case u.away:
		s.write("<presence from='" + u.full + "' to='desk@" + domain + "'><show>away</show></presence>")
	default:
		s.write("<presence from='" + u.full + "' to='desk@" + domain + "'/>")
	}
}

// send sends a client's stanza to the component; the client is told when the
// server cannot. The caller holds mu.
func (s *server) send(raw string) bool {
	if !s.ready {
		return false
	}
	s.write(raw)
	return true
}
