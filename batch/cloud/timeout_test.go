package cloud

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loabatch/loabatch/batch"
)

// memory is a network without sockets, for tests in virtual time.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	dials atomic.Int32
	open  atomic.Int32
	last  net.Conn // the server's end of the last connection
}

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case m.conns <- server:
		m.dials.Add(1)
		m.last = server
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { close(m.done); return nil }
func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// inMemory runs a test in virtual time against a server behind a memory network. The bubble ends only when
// every goroutine has ended, so a leak fails the test.
func inMemory(t *testing.T, h http.Handler, test func(t *testing.T, c *Cloud, m *memory)) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{conns: make(chan net.Conn), done: make(chan struct{})}
		s := &http.Server{Handler: h, ErrorLog: quiet, ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				m.open.Add(1)
			case http.StateClosed, http.StateHijacked:
				m.open.Add(-1)
			}
		}}
		go s.Serve(m)
		c := cloudAt(t, "http://127.0.0.1:80")
		c.transport.DialContext = m.dial
		test(t, c, m)
		c.Close()
		s.Close()
		time.Sleep(2 * time.Second) // for handlers that sleep
	})
}

// hanging are servers that never finish, and the point where they leave the call.
var hanging = []struct {
	name   string
	serve  http.HandlerFunc
	status int
}{
	{"no headers", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0},
	{"no body", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, 200},
	{"a byte a second", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			time.Sleep(time.Second)
		}
	}, 200},
}

// An attempt costs no more than its timeout, wherever it hangs.
func TestTimeoutIsTotal(t *testing.T) {
	for _, h := range hanging {
		t.Run(h.name, func(t *testing.T) {
			inMemory(t, h.serve, func(t *testing.T, c *Cloud, _ *memory) {
				start := time.Now()
				_, err := c.Submit(t.Context(), application())
				if e := callError(t, err); *e != odd(h.status, codeTimeout) {
					t.Errorf("%+v", *e)
				}
				if took := time.Since(start); took != 5*time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// A canceled call ends at once; without a connection nothing was sent.
func TestCancel(t *testing.T) {
	for _, h := range hanging {
		t.Run(h.name, func(t *testing.T) {
			inMemory(t, h.serve, func(t *testing.T, c *Cloud, _ *memory) {
				ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
				defer cancel()
				start := time.Now()
				_, err := c.Submit(ctx, application())
				if e := callError(t, err); *e != odd(h.status, codeCanceled) {
					t.Errorf("%+v", *e)
				}
				if took := time.Since(start); took != 2500*time.Millisecond {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// Dialling counts towards the same timeout, and a canceled dial has sent nothing.
func TestDialHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloudAt(t, "http://127.0.0.1:80")
		c.transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		start := time.Now()
		_, err := c.Submit(t.Context(), application())
		if e := callError(t, err); *e != (batch.CallError{Class: batch.NotSent, Code: codeTimeout}) {
			t.Errorf("%+v", *e)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %v", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := c.Submit(ctx, application()); !errors.Is(err, context.Canceled) {
			t.Errorf("given up: %v", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Submit(ctx, application()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("out of time: %v", err)
		}
	})
}

// A slow answer within the timeout counts, even beyond the SDK's own 10 s.
func TestSlowAnswer(t *testing.T) {
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(29 * time.Second)
		io.WriteString(w, `{"RequestId":"REQ-1"}`)
	})
	inMemory(t, slow, func(t *testing.T, c *Cloud, _ *memory) {
		c.timeout = 30 * time.Second
		if _, err := c.Submit(t.Context(), application()); err != nil {
			t.Error(err)
		}
	})
}

// A connection is reused, and closed by us before the service would close it at 10 s.
func TestIdleConnections(t *testing.T) {
	inMemory(t, answering(200, `{"RequestId":"REQ-1"}`), func(t *testing.T, c *Cloud, m *memory) {
		for range 20 {
			if _, err := c.Submit(t.Context(), application()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(4 * time.Second)
		}
		if m.dials.Load() != 1 || m.open.Load() != 1 {
			t.Errorf("%d dialled, %d open", m.dials.Load(), m.open.Load())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if m.open.Load() != 0 {
			t.Errorf("%d connections open after 6 idle seconds", m.open.Load())
		}
	})
}

// If the service has closed a connection in the meantime, the call does not fail:
// nothing was written, so another connection is used.
func TestStaleConnection(t *testing.T) {
	inMemory(t, answering(200, `{"RequestId":"REQ-1"}`), func(t *testing.T, c *Cloud, m *memory) {
		for range 3 {
			if _, err := c.Submit(t.Context(), application()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			m.last.Close()
			synctest.Wait()
		}
		if m.dials.Load() != 3 {
			t.Errorf("%d connections", m.dials.Load())
		}
	})
}
