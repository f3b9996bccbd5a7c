package component_test

import (
	"strings"
	"testing/synctest"
)

// reread puts other agents and queues in force, as SIGHUP does when the file has
// become another.
func (w *world) reread(text string) error {
	o := newOffice()
	if !strings.HasPrefix(text, "queues:") {
		o.directory.Queues = w.office.directory.Queues
	}
	if err := o.read(text); err != nil {
		return err
	}
	w.desk.Configure(&o.directory, w.office.policy)
	w.component.Reconfigured()
	synctest.Wait()
	return nil
}
