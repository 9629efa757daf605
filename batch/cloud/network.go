package cloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/loabatch/loabatch/batch"
)

// dialFailure says why no connection was obtained.
func dialFailure(x *exchange) (batch.Class, string) {
	err := x.err
	var (
		op      *net.OpError
		dns     *net.DNSError
		timeout net.Error
	)
	switch {
	case errors.Is(err, errProxy), errors.As(err, &op) && op.Op == "proxyconnect":
		return batch.NotSent, codeProxy
	case x.ctx.Err() != nil:
		return batch.NotSent, codeTimeout
	case errors.As(err, &dns) && dns.IsNotFound:
		return batch.RegionFatal, codeNoSuchHost
	case dns != nil:
		return batch.NotSent, codeDNS
	case isTLS(err):
		return batch.NotSent, codeTLS
	case errors.Is(err, syscall.ECONNREFUSED):
		return batch.NotSent, codeRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, errNotLoopback):
		return batch.NotSent, codeUnreachable
	case errors.As(err, &timeout) && timeout.Timeout():
		return batch.NotSent, codeTimeout
	}
	return batch.NotSent, codeNetwork
}

// lostCode says how a call was lost after its connection had been obtained.
func lostCode(ctx context.Context, x *exchange) string {
	var timeout net.Error
	switch err := x.err; {
	case errors.Is(err, errOversized):
		return codeOversized
	case ctx.Err() != nil:
		return codeCanceled
	case x.ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return codeTimeout
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return codeReset
	case x.status != 0:
		return codeCutOff
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return codeNoAnswer
	}
	return codeNetwork
}

// isTLS reports whether the handshake failed for want of trust or of a common language.
func isTLS(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		alert     tls.AlertError
		record    tls.RecordHeaderError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &alert) || errors.As(err, &record) ||
		errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}
