package stanza

import (
	"encoding/xml"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func archiveGoldens() map[string]writable {
	return map[string]writable{
		"mam-query-bare.xml": &ArchiveQuery{},
		"mam-query.xml": &ArchiveQuery{
			ID: "f27", Start: noon().Add(-time.Hour), End: noon(), With: "carol@example.net", AfterID: "a", BeforeID: "z",
			IDs: []string{"k", "l"}, Page: PageRequest{Max: new(uint64(10)), Before: "z", Last: true}, Flip: true,
		},
		"mam-query-last.xml":     &ArchiveQuery{Page: PageRequest{Last: true}},
		"mam-query-after.xml":    &ArchiveQuery{Page: PageRequest{Max: new(uint64(0)), After: "k"}},
		"mam-form.xml":           &ArchiveForm{},
		"mam-fin.xml":            &ArchiveFin{Complete: true, Page: Page{First: "k", Last: "l", Count: new(uint64(2))}},
		"mam-fin-empty.xml":      &ArchiveFin{Complete: true, Page: Page{Count: new(uint64(0))}},
		"mam-fin-more.xml":       &ArchiveFin{Page: Page{First: "k", Last: "l"}},
		"mam-metadata.xml":       &ArchiveMetadata{Start: &ArchiveMark{"k", noon()}, End: &ArchiveMark{"l", noon().Add(time.Microsecond)}},
		"mam-metadata-empty.xml": &ArchiveMetadata{},
	}
}

// What clients get wrong, and what each is told.
func TestArchiveQueryRefused(t *testing.T) {
	form := func(fields string) string {
		return `<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>urn:xmpp:mam:2</value></field>` + fields + `</x>`
	}
	set := func(inner string) string { return `<set xmlns="http://jabber.org/protocol/rsm">` + inner + `</set>` }
	tests := []struct {
		name, in string
		want     Condition
		text     string
	}{
		{"a date", form(`<field var="start"><value>yesterday</value></field>`), BadRequest,
			`query/x/field start: it is "yesterday", must be a time such as 2026-11-23T12:00:30Z`},
		{"the year 0", form(`<field var="end"><value>0000-01-01T00:00:00Z</value></field>`), BadRequest,
			`query/x/field end: it is "0000-01-01T00:00:00Z", must be a time such as 2026-11-23T12:00:30Z`},
		{"an address", form(`<field var="with"><value>@</value></field>`), JIDMalformed,
			`query/x/field with: it is "@", which is not an address; write it as name@example.com`},
		{"an unknown field", form(`<field var="withtext"><value>x</value></field>`), FeatureNotImplemented,
			`query/x/field withtext: there is no such field here`},
		{"another form", `<x xmlns="jabber:x:data" type="submit"><field var="with"><value>a@b</value></field></x>`, BadRequest,
			`query/x: the field FORM_TYPE must be urn:xmpp:mam:2`},
		{"a form not submitted", `<x xmlns="jabber:x:data" type="form"/>`, BadRequest, `query/x: attribute type is "form", must be submit`},
		{"two forms", form("") + form(""), BadRequest, `query: element x is given more than once`},
		{"max", set(`<max>-1</max>`), BadRequest, `query/set/max: it is "-1", must be a whole number`},
		{"two sets", set("") + set(""), BadRequest, `query: element set is given more than once`},
		{"by position", set(`<index>3</index>`), FeatureNotImplemented,
			`query/set: a page cannot be asked for by its position; use before and after`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var q ArchiveQuery
			err := xml.Unmarshal([]byte(`<query xmlns="urn:xmpp:mam:2">`+tt.in+`</query>`), &q)
			var refused *Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, tt.want, refused.Condition)
			require.Equal(t, tt.text, refused.Text)
		})
	}
}

// The same query as other people write it.
func TestArchiveQueryForeignSpelling(t *testing.T) {
	var q ArchiveQuery
	require.NoError(t, xml.Unmarshal([]byte(`
		<m:query xmlns:m='urn:xmpp:mam:2' queryid='q' node='n'>
		  <x xmlns='jabber:x:data' type='submit'><title>t</title>
		    <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>
		    <field var='start' type='text-single'><value>2026-11-23T13:00:30.5+01:00</value></field>
		    <field var='with' type='jid-single'><value>Carol@EXAMPLE.net</value></field>
		    <field var='end'/><field var='before-id'><value/></field>
		  </x>
		  <r:set xmlns:r='http://jabber.org/protocol/rsm'><r:max>007</r:max><r:before/></r:set>
		</m:query>`), &q))
	require.Equal(t, ArchiveQuery{ID: "q", Start: noon().Add(500 * time.Millisecond), With: "carol@example.net",
		Page: PageRequest{Max: new(uint64(7)), Last: true}}, q)
}
