package simulator

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"
)

// The times that Serve allows.
const (
	headerTime = 10 * time.Second // for a request's header to arrive
	idleTime   = 10 * time.Second // for a connection between requests; the real service closes idle ones after about 10 s
	drainTime  = 2 * time.Second  // for calls at work when the context ends
)

// Serve answers on a listener until the context ends. Then it ends what hangs, lets the
// calls at work finish for up to two seconds, closes the rest and the simulator, and
// gives nil. Any other end is an error.
func (s *Simulator) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s, ConnState: s.ConnState, MaxHeaderBytes: 2 * maxURI,
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime,
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		s.release()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		if server.Shutdown(drain) != nil {
			_ = server.Close() // what is left is cut off, which is what was asked for
		}
	})
	err := server.Serve(l)
	if !stop() {
		<-stopped
	}
	s.Close()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// serveStats answers GET /stats.
func (s *Simulator) serveStats(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(marshal(s.Stats()), '\n')) // the client may have left
}

// serveAge answers POST /age?state=Available&region=…&instance=…
func (s *Simulator) serveAge(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	q := r.URL.Query()
	n, err := s.Age(q.Get("region"), q.Get("instance"), q.Get("state"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = w.Write([]byte(strconv.Itoa(n) + "\n")) // the client may have left
}
