package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loabatch/loabatch/batch/ledger"
)

// errTimeout says that the server did not answer in time.
var errTimeout = errors.New("no answer from the server in time")

// errAddress says that an address cannot be understood.
var errAddress = errors.New("the address of the database cannot be understood")

// SettingError says which setting of an address, or of the environment, is invalid. It does not
// quote the value, which may be part of a password that was not escaped.
type SettingError struct{ Setting string }

// Error names the setting.
func (e *SettingError) Error() string { return "the value of " + e.Setting + " cannot be used" }

// refused lists the settings that the driver checks, with the texts of its errors: it has no types
// for them.
var refused = []struct{ text, setting string }{
	{"sslmode is invalid", "sslmode"}, {"target_session_attrs value", "target_session_attrs"}, {"channel_binding value", "channel_binding"},
	{"invalid connect_timeout", "connect_timeout"}, {"invalid require_auth", "require_auth"}, {"invalid sslcertmode", "sslcertmode"},
	{"min_protocol_version", "min_protocol_version"}, {"max_protocol_version", "max_protocol_version"},
	{"failed to read service", "service"}, {"sslnegotiation", "sslnegotiation"},
}

// parseError is an error about an address that quotes no part of it. The driver's may quote some of
// a password that was not escaped.
func parseError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%w: %w", errAddress, path)
	}
	text := err.Error()
	text = text[strings.LastIndex(text, "`:")+1:] // after the address
	for _, r := range refused {
		if strings.Contains(text, r.text) {
			return fmt.Errorf("%w: %w", errAddress, &SettingError{r.setting})
		}
	}
	return errAddress
}

// wrap adds operation, address and kind to a failure. The ledger's own errors and the
// caller's context errors are returned as they are.
func (s *Store) wrap(op string, err error) error {
	err = wrapError(op, s.path, err)
	if own, ok := errors.AsType[*ledger.Error](err); ok && own.Kind == ledger.Rights {
		own.Grants = s.missing
	}
	return err
}

func wrapError(op, path string, err error) error {
	if err == nil || ledger.IsOwn(err) {
		return err
	}
	kind := kindOf(err)
	if kind == ledger.Other && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return err
	}
	return &ledger.Error{Op: op, Path: path, Kind: kind, Err: err}
}

// kinds classifies PostgreSQL's error codes, or their classes,
// https://www.postgresql.org/docs/current/errcodes-appendix.html.
var kinds = map[string]ledger.Kind{
	"08":    ledger.Unreachable, // connection exception
	"0A000": ledger.OldServer,   // feature not supported
	"25006": ledger.Standby,     // read-only transaction
	"25P03": ledger.Unreachable, // this process was stopped in the middle of a transaction
	"28":    ledger.Authentication,
	"3D000": ledger.NoDatabase,
	"42501": ledger.Rights,
	"42P01": ledger.Corrupt, // undefined table: it was dropped
	"42703": ledger.Corrupt, // undefined column
	"40":    ledger.Busy,    // deadlock, serialization failure
	"53100": ledger.Full,
	"53200": ledger.Full,        // out of memory
	"53300": ledger.Busy,        // too many connections
	"55":    ledger.Busy,        // lock not available
	"57014": ledger.Busy,        // statement timeout
	"57":    ledger.Unreachable, // shut down, crashed, starting up
	"58030": ledger.IO,
	"58":    ledger.IO,
	"XX001": ledger.Corrupt,
	"XX002": ledger.Corrupt,
}

func kindOf(err error) ledger.Kind {
	var schema *ledger.SchemaError
	var server *pgconn.PgError
	switch {
	case errors.As(err, &schema):
		return ledger.Newer
	case errors.Is(err, errRights):
		return ledger.Rights
	case errors.Is(err, errForeign):
		return ledger.Database
	case errors.Is(err, errOldServer):
		return ledger.OldServer
	case errors.Is(err, errStandby):
		return ledger.Standby
	case errors.As(err, &server):
		if kind, ok := kinds[server.Code]; ok {
			return kind
		}
		if kind, ok := kinds[server.Code[:min(2, len(server.Code))]]; ok {
			return kind
		}
		return ledger.Other
	case isEncryption(err):
		return ledger.Encryption
	case errors.Is(err, context.Canceled):
		return ledger.Other
	case isUnreachable(err):
		return ledger.Unreachable
	}
	return ledger.Other
}

// MayPass reports whether an error of [Open] may pass by itself, as when the server restarts or fails
// over. A host name that does not exist is not waited for.
func MayPass(err error) bool {
	own, ok := errors.AsType[*ledger.Error](err)
	return ok && own.Kind.MayPass() && !unresolved(own.Err)
}

// unresolved reports whether an error only says that names of hosts do not exist.
func unresolved(err error) bool {
	switch e := err.(type) { //nolint:errorlint // it looks at every error of the tree
	case *net.DNSError:
		return e.IsNotFound
	case interface{ Unwrap() []error }:
		all := e.Unwrap()
		return len(all) > 0 && !slices.ContainsFunc(all, func(err error) bool { return !unresolved(err) })
	case interface{ Unwrap() error }:
		return unresolved(e.Unwrap())
	}
	return false
}

// isEncryption reports whether a connection failed because of its encryption.
func isEncryption(err error) bool {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	return errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid) ||
		errors.As(err, &verification) || strings.Contains(err.Error(), "server refused TLS connection") // pgconn has no type for it
}

// isUnreachable reports whether a connection could not be made, or broke.
func isUnreachable(err error) bool {
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.Is(err, errTimeout) || errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "conn closed") // pgconn has no type for it
}
