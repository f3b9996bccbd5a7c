// Package metrics shows how a running service does: whether it lives and
// whether it is ready.
package metrics

import (
	"encoding/json"
	"net/http"
)

// Check says whether one thing the service needs is there; why not, in words
// for people, if it is not.
type Check struct {
	Name string
	Ok   func() (bool, string)
}

// Health answers /healthz, which is 200 while the process can answer at all,
// and /readyz, which is 200 only while every check holds and 503 otherwise;
// its body names each check.
func Health(checks ...Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		status, body := http.StatusOK, map[string]string{"status": "ok"}
		for _, c := range checks {
			ok, why := c.Ok()
			body[c.Name] = "ok"
			if !ok {
				status, body["status"] = http.StatusServiceUnavailable, "not ready"
				if body[c.Name] = why; why == "" {
					body[c.Name] = "not ready"
				}
			}
		}
		answer(w, status, body)
	})
	return mux
}

func answer(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) // an error here is the client's
}
