package doctor

import (
	"fmt"
	"strings"
)

// software is what a server is, as far as advice differs.
type software int

const (
	unknown software = iota
	prosody
	ejabberd
)

// softwareOf reads a name as servers give it.
func softwareOf(name string) software {
	switch name = strings.ToLower(name); {
	case strings.Contains(name, "prosody"):
		return prosody
	case strings.Contains(name, "ejabberd"):
		return ejabberd
	}
	return unknown
}

// advise picks what to change on that server; on one that is not known, both are
// said.
func (s software) advise(onProsody, onEjabberd string) string {
	switch s {
	case prosody:
		return "Prosody: " + onProsody
	case ejabberd:
		return "ejabberd: " + onEjabberd
	}
	return "Prosody: " + onProsody + ". ejabberd: " + onEjabberd
}

// The settings, by the check that asks for them.

func (v *visit) fixSecret() string {
	return "component.secret must be what the server has for " + v.cfg.Component.Domain + ". " +
		v.on.advise(fmt.Sprintf("component_secret under Component %q", v.cfg.Component.Domain),
			"password under hosts of the listener with module: ejabberd_service; if "+v.cfg.Component.Domain+" is not there, add it (ejabberd says the same then)")
}

func (v *visit) fixDomain() string {
	d := v.cfg.Component.Domain
	return "add it, or correct component.domain. " + v.on.advise(fmt.Sprintf("Component %q with its component_secret, in the global part", d),
		fmt.Sprintf("hosts: {%q: {password: …}} of the listener with module: ejabberd_service", d))
}

func (v *visit) fixAddress() string {
	return "start the server, or correct component.address. " + v.on.advise("component_ports and component_interfaces",
		"port and ip of the listener with module: ejabberd_service")
}

func (v *visit) fixPrivilege(host string) string {
	d := v.cfg.Component.Domain
	return v.on.advise(
		fmt.Sprintf("under VirtualHost %q: privileged_entities = { [%q] = { roster = \"both\"; message = \"outgoing\"; presence = \"managed_entity\" } }; "+
			"and \"privilege\" in modules_enabled, of the host and under Component %q", host, d, d),
		fmt.Sprintf("mod_privilege: {roster: {both: baton}, message: {outgoing: baton}, presence: {managed_entity: baton}}, "+
			"with acl: {baton: {server: [%s]}} and access_rules: {baton: {allow: baton}}", d))
}

func (v *visit) fixAccounts(missing []string) string {
	user, host, _ := strings.Cut(missing[0], "@")
	return "create what is missing, or correct agents.list. " + v.on.advise("prosodyctl adduser "+missing[0],
		"ejabberdctl register "+user+" "+host+" PASSWORD")
}

func (v *visit) fixArchive() string {
	return v.on.advise(`"mam" in modules_enabled of the host`, "mod_mam: {default: always}")
}

func (v *visit) fixGuests() string {
	return v.on.advise(`look for authentication = "anonymous" under a VirtualHost; mod_firewall can keep its users from your agents' accounts`,
		"look for auth_method: anonymous in host_config; mod_block_strangers can keep its users from your agents' accounts")
}

func (v *visit) fixKickNew() string {
	return fmt.Sprintf("Prosody: component_conflict_resolve = \"kick_old\" under Component %q", v.cfg.Component.Domain)
}

func (v *visit) fixSize() string {
	return v.on.advise("component_stanza_size_limit (its default, 524288, is enough)",
		"max_stanza_size of the listener with module: ejabberd_service (524288, or leave it out)")
}

func (v *visit) fixNagle() string {
	return v.on.advise("network_settings = { nagle = false }, in the global part", "look at the load of the machine, and shaper_rule of the component's listener")
}
