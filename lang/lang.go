// Package lang has what people read, in their language. Callers read en.toml,
// agents agents.en.toml; all other languages are measured by these. To add one,
// copy both to its BCP 47 tag, and refusals.de.toml too, and translate; a test
// says what is missing.
package lang

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

//go:embed *.toml
var files embed.FS

// bundle is read once: the texts are part of the program.
var bundle = sync.OnceValue(func() *i18n.Bundle {
	b := i18n.NewBundle(language.English)
	b.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	names, err := fs.Glob(files, "*.toml")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		if _, err := b.LoadMessageFileFS(files, name); err != nil {
			panic(fmt.Sprintf("lang: %s: %v", name, err)) // found by the first test
		}
	}
	return b
})

// Voice speaks one language, and English where it lacks a text.
type Voice struct{ l *i18n.Localizer }

// In returns the voice for the first of these wishes that there is: BCP 47 tags,
// or the value of an Accept-Language header. The zero Voice speaks English.
func In(wishes ...string) Voice { return Voice{i18n.NewLocalizer(bundle(), wishes...)} }

// Args are what stands in a text's {{.Gaps}}. Count chooses between singular and
// plural.
type Args map[string]any

// Say returns the text of that name.
func (v Voice) Say(name string, args ...Args) string {
	c := i18n.LocalizeConfig{MessageID: name}
	for _, a := range args {
		c.TemplateData = a
		if n, ok := a["Count"]; ok {
			c.PluralCount = n
		}
	}
	if v.l == nil {
		v = In()
	}
	text, err := v.l.Localize(&c)
	if err != nil && text == "" {
		return name // better than nothing; the tests let no such name pass
	}
	return text
}

// Tags returns the languages there are.
func Tags() []language.Tag { return bundle().LanguageTags() }
