package store

import (
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
)

// exportTime is RFC 3339 in UTC with milliseconds.
const exportTime = "2006-01-02T15:04:05.000Z"

func exported(us int64) string {
	if us == 0 {
		return ""
	}
	return time.UnixMicro(us).UTC().Format(exportTime)
}

// The objects of an export. Their names are documented in docs/operations.md: a
// field may be added, none renamed.
type (
	exportHead struct {
		Kind         string `json:"kind"`
		Domain       string `json:"domain"`
		Conversation string `json:"conversation"`
	}
	conversationExport struct {
		exportHead
		Number int64           `json:"number"`
		Caller handoff.Party   `json:"caller"`
		Entry  string          `json:"entry"`
		Queue  string          `json:"queue"`
		Name   string          `json:"name,omitempty"`
		Lang   string          `json:"lang,omitempty"`
		Reach  string          `json:"reach,omitempty"`
		Info   []fieldJSON     `json:"info,omitempty"`
		Phase  string          `json:"phase"`
		Holder handoff.Party   `json:"holder,omitempty"`
		Guests []handoff.Party `json:"guests,omitempty"`
		Aside  handoff.Party   `json:"aside,omitempty"`
		// Transfer is the offer that is open.
		Transfer string `json:"transfer,omitempty"`
		Session  uint64 `json:"session"`
		Epoch    uint64 `json:"epoch"`
		Lines    uint64 `json:"lines"`
	}
	sessionExport struct {
		exportHead
		Session uint64 `json:"session"`
		First   uint64 `json:"first_line"`
		Last    uint64 `json:"last_line"`
		Lines   int    `json:"lines"`
		Began   string `json:"first_at"`
		Ended   string `json:"last_at"`
	}
	lineExport struct {
		exportHead
		Session uint64 `json:"session"`
		Seq     uint64 `json:"seq"`
		Epoch   uint64 `json:"epoch"`
		At      string `json:"at"`
		By      string `json:"by,omitempty"`
		Role    string `json:"role"`
		Name    string `json:"name,omitempty"`
		To      string `json:"to,omitempty"`
		Private bool   `json:"private"`
		ID      string `json:"stanza_id,omitempty"`
		Origin  string `json:"origin_id,omitempty"`
		Body    string `json:"body"`
		Payload string `json:"payload"`
	}
	epochExport struct {
		exportHead
		Session  uint64 `json:"session"`
		Epoch    uint64 `json:"epoch"`
		Holder   string `json:"holder"`
		Transfer string `json:"transfer,omitempty"`
		First    uint64 `json:"first_line"`
		Through  uint64 `json:"last_line"`
		At       string `json:"at"`
	}
	transferExport struct {
		exportHead
		Session  uint64      `json:"session"`
		Transfer string      `json:"transfer"`
		By       string      `json:"by,omitempty"`
		ByName   string      `json:"by_name,omitempty"`
		Agent    string      `json:"target_agent,omitempty"`
		Queue    string      `json:"target_queue,omitempty"`
		Skill    string      `json:"target_skill,omitempty"`
		Mode     string      `json:"mode"`
		Note     string      `json:"note,omitempty"`
		NoteLang string      `json:"note_lang,omitempty"`
		Info     []fieldJSON `json:"info,omitempty"`
		None     bool        `json:"share_none"`
		Last     int         `json:"share_last"`
		Through  uint64      `json:"last_line"`
		At       string      `json:"at"`
		Deadline string      `json:"deadline,omitempty"`
	}
	outcomeExport struct {
		exportHead
		Transfer string `json:"transfer"`
		Party    string `json:"party"`
		Role     string `json:"role"`
		State    string `json:"state"`
		By       string `json:"by,omitempty"`
		Epoch    uint64 `json:"epoch"`
		Reason   string `json:"reason,omitempty"`
		At       string `json:"at"`
	}
	itemExport struct {
		exportHead
		Item   int64   `json:"item"`
		What   string  `json:"what"`
		To     string  `json:"to,omitempty"`
		Seq    *uint64 `json:"seq,omitempty"`
		At     string  `json:"at"`
		Tries  int     `json:"tries"`
		Reason string  `json:"reason,omitempty"`
		Buried string  `json:"given_up_at,omitempty"`
	}
)

func exportConversation(c *desk.Conversation) conversationExport {
	out := conversationExport{
		exportHead: exportHead{"conversation", c.Domain, c.Local},
		Number:     c.Number, Caller: c.Caller, Entry: c.Entry, Queue: c.Queue, Name: c.Name, Lang: c.Lang, Reach: c.Reach,
		Phase: c.Phase.String(), Holder: c.Holder, Guests: c.Guests, Aside: c.Aside, Transfer: c.Offer.ID,
		Session: c.Session, Epoch: c.Epoch, Lines: c.Seq,
	}
	for _, f := range c.Info {
		out.Info = append(out.Info, fieldJSON(f))
	}
	return out
}

// exportPart is one kind of rows that belong to a conversation.
type exportPart struct {
	kind, query string
	scan        func(row, exportHead) (any, error)
}

// exportParts takes a conversation's lines and items from such tables.
func exportParts(dialog, outbox string) []exportPart {
	return []exportPart{
		{"session", `SELECT session, min(seq), max(seq), count(*), min(at), max(at) FROM ` + dialog + ` WHERE conv = ?
			GROUP BY session ORDER BY session`, scanSessionExport},
		{"line", `SELECT ` + lineColumns + ` FROM ` + dialog + ` l WHERE l.conv = ? ORDER BY l.seq`, scanLineExport},
		{"epoch", `SELECT session, epoch, holder, transfer, first, through, at FROM epochs WHERE conv = ? ORDER BY epoch`, scanEpochExport},
		{"transfer", `SELECT session, transfer, author, author_name, target_agent, target_queue, target_skill, mode, reason,
			reason_lang, info, share_none, share_last, through, at, deadline FROM transfers WHERE conv = ? ORDER BY id`, scanTransferExport},
		{"outcome", `SELECT transfer, party, role, state, author, epoch, reason, at FROM outcomes WHERE conv = ? ORDER BY id`, scanOutcomeExport},
		{"undelivered", `SELECT id, kind, recipient, seq, at, tries, '', 0 FROM ` + outbox + ` WHERE conv = ? ORDER BY id`, scanItemExport},
		{"dead_letter", `SELECT item, kind, recipient, seq, at, tries, reason, buried FROM dead_letters WHERE conv = ? ORDER BY id`, scanItemExport},
	}
}

func scanSessionExport(r row, head exportHead) (any, error) {
	e := sessionExport{exportHead: head}
	var began, ended int64
	err := r.Scan(&e.Session, &e.First, &e.Last, &e.Lines, &began, &ended)
	e.Began, e.Ended = exported(began), exported(ended)
	return e, err
}

func scanLineExport(r row, head exportHead) (any, error) {
	e := lineExport{exportHead: head}
	var at int64
	var payload []byte
	err := r.Scan(&e.Seq, &e.Session, &e.Epoch, &at, &e.By, &e.Role, &e.Name, &e.To, &e.ID, &e.Origin, &e.Body, &payload, &e.Private)
	e.At, e.Payload = exported(at), strings.ToValidUTF8(string(payload), "\uFFFD")
	return e, err
}

func scanEpochExport(r row, head exportHead) (any, error) {
	e := epochExport{exportHead: head}
	var at int64
	err := r.Scan(&e.Session, &e.Epoch, &e.Holder, &e.Transfer, &e.First, &e.Through, &at)
	e.At = exported(at)
	return e, err
}

func scanTransferExport(r row, head exportHead) (any, error) {
	e := transferExport{exportHead: head}
	var info string
	var at, deadline int64
	err := r.Scan(&e.Session, &e.Transfer, &e.By, &e.ByName, &e.Agent, &e.Queue, &e.Skill, &e.Mode, &e.Note, &e.NoteLang, &info,
		&e.None, &e.Last, &e.Through, &at, &deadline)
	if err != nil {
		return nil, err
	}
	e.At, e.Deadline = exported(at), exported(deadline)
	return e, decode(info, &e.Info)
}

func scanOutcomeExport(r row, head exportHead) (any, error) {
	e := outcomeExport{exportHead: head}
	var role handoff.Role
	var at int64
	err := r.Scan(&e.Transfer, &e.Party, &role, &e.State, &e.By, &e.Epoch, &e.Reason, &at)
	e.At, e.Role = exported(at), "target"
	if role == handoff.AsHolder {
		e.Role = "holder"
	}
	return e, err
}

func scanItemExport(r row, head exportHead) (any, error) {
	e := itemExport{exportHead: head}
	var at, buried int64
	err := r.Scan(&e.Item, &e.What, &e.To, &e.Seq, &at, &e.Tries, &e.Reason, &buried)
	e.At, e.Buried = exported(at), exported(buried)
	return e, err
}
