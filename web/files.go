package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"baton/desk"
)

var (
	errFile     = &problem{http.StatusBadRequest, "file"}
	errFileSize = &problem{http.StatusRequestEntityTooLarge, "file_size"}
	errFileType = &problem{http.StatusUnsupportedMediaType, "file_type"}
)

// prepareFiles makes the folder of files and removes from it what the store does
// not know: uploads that a crash cut short, and files of erased callers.
func (s *Server) prepareFiles(ctx context.Context) error {
	if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("web: the folder of visitors' files: %w", err)
	}
	known, _, err := s.box.WebFiles(ctx)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("web: the folder of visitors' files: %w", err)
	}
	for _, e := range entries {
		if _, ok := slices.BinarySearch(known, e.Name()); !ok && ourName.MatchString(e.Name()) {
			if err := os.Remove(filepath.Join(s.cfg.Dir, e.Name())); err != nil {
				return fmt.Errorf("web: a file that nobody needs: %w", err)
			}
		}
	}
	return nil
}

// ourName is what the names of our files look like.
var ourName = regexp.MustCompile(`^(?:part-)?[a-z2-7]{52}$`)

// upload keeps the file of a request's form and says it as a line.
func (s *Server) upload(w http.ResponseWriter, r *http.Request, ws desk.WebSession) (desk.Line, error) {
	if s.cfg.MaxFile <= 0 {
		return desk.Line{}, errFileType
	}
	defer drain(r.Body)
	r.Body = http.MaxBytesReader(w, r.Body, s.cfg.MaxFile+1<<20)
	parts, err := r.MultipartReader()
	if err != nil {
		return desk.Line{}, errFile
	}
	id := ""
	for {
		p, err := parts.NextPart()
		switch {
		case err != nil:
			return desk.Line{}, tooLarge(err)
		case p.FormName() == "id":
			b, _ := io.ReadAll(io.LimitReader(p, 65))
			id = string(b)
		case p.FormName() == "file":
			return s.keep(r.Context(), ws, id, p)
		}
	}
}

// tooLarge tells a body that is too large from one that is broken.
func tooLarge(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errFileSize
	}
	return errFile
}

// keep puts a file on the disk, in the store, and into the dialog, in this order:
// whatever a crash leaves is removed at the next start, or can be repeated.
func (s *Server) keep(ctx context.Context, ws desk.WebSession, id string, p *multipart.Part) (desk.Line, error) {
	if !idForm.MatchString(id) {
		return desk.Line{}, errForm
	}
	if line, err := s.repeatedFile(ctx, ws, id); err != nil || line.Seq > 0 {
		return line, err
	}
	f := desk.WebFile{Key: randomName(32), Party: ws.Party, Name: short(plainName(p.FileName()), maxName), At: s.cfg.Now()}
	head := make([]byte, 512)
	n, err := io.ReadFull(p, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return desk.Line{}, tooLarge(err)
	}
	f.Type, _, _ = strings.Cut(http.DetectContentType(head[:n]), ";")
	if !slices.Contains(s.cfg.FileTypes, f.Type) {
		return desk.Line{}, errFileType
	}
	_, all, err := s.box.WebFiles(ctx)
	if err != nil {
		return desk.Line{}, err
	}
	if f.Size, err = s.store(f.Key, head[:n], p, s.cfg.MaxFiles-all); err != nil {
		return desk.Line{}, err
	}
	if err := s.box.AddWebFile(ctx, f); err != nil {
		return desk.Line{}, err
	}
	address := s.origin() + "/files/" + f.Key + "/" + f.Name
	return s.say(ctx, ws, id, address, address)
}

// maxDrain bounds what is read of an upload that is refused, in bytes.
const maxDrain = 32 << 20

// drain reads on: a browser that is still sending when the connection is closed
// never sees why.
func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, maxDrain) }

// repeatedFile returns the line of a file that was sent before.
func (s *Server) repeatedFile(ctx context.Context, ws desk.WebSession, id string) (desk.Line, error) {
	conv, err := s.conversation(ctx, ws)
	if err != nil {
		return desk.Line{}, err
	}
	l, err := s.desk.Store().LineByOrigin(ctx, s.desk.Domain(), conv.Local, ws.Party, id)
	if errors.Is(err, desk.ErrNotFound) {
		return desk.Line{}, nil
	}
	if err != nil {
		return desk.Line{}, err
	}
	return l, s.put(ctx, conv.Local, lineItem(l.Seq), s.lineEvent(ctx, l, conv))
}

// store writes a file under its key, whole or not at all.
func (s *Server) store(key string, head []byte, rest io.Reader, room int64) (int64, error) {
	part := filepath.Join(s.cfg.Dir, "part-"+key)
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer os.Remove(part) // there is none any more if all went well
	most := min(s.cfg.MaxFile, room)
	n, err := io.Copy(f, io.LimitReader(io.MultiReader(strings.NewReader(string(head)), rest), most+1))
	if err != nil {
		err = tooLarge(err)
	}
	if n > most && err == nil {
		err = errFileSize
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	return n, os.Rename(part, filepath.Join(s.cfg.Dir, key))
}

// plainName makes of a file's name one that needs no quoting anywhere.
func plainName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, name), "._")
	if len(name) > maxName {
		name = name[len(name)-maxName:]
	}
	if name == "" {
		return "file"
	}
	return name
}

// serveFile answers whoever knows a file's address. Nothing in it runs here: all
// but images is for saving.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	if !ourName.MatchString(key) || strings.Contains(key, "-") {
		http.NotFound(w, r)
		return
	}
	known, err := s.box.WebFile(r.Context(), key)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	f, err := os.Open(filepath.Join(s.cfg.Dir, key))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", known.Type)
	if !isImage(known.Type) {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": known.Name}))
	}
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // agents' web clients show it
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(uploadWithin))
	http.ServeContent(w, r, "", known.At, f)
}
