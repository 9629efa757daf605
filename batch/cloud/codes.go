package cloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"

	"github.com/loabatch/loabatch/batch"
)

// rule says what an error code of the API, or a family of codes, means.
type rule struct {
	code      string // a pattern: see [batch.MatchCode]
	class     batch.Class
	throttled bool // about the quota
	unsettled bool // the API may hold the application
	denied    bool // about permission: see [batch.CallError]
}

// Where the codes come from:
//
//	apply   https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-applyphysicalconnectionloa-efficiency-channels
//	complete https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-completephysicalconnectionloa-efficiency-channels
//	confirm https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-confirmphysicalconnection-efficiency-channels
//	vpc     https://api.alibabacloud.com/document/Vpc/2016-04-28/errorCode
//	common  https://www.alibabacloud.com/help/en/polardb/client-error-codes (the gateway's codes, the same for every RPC API)
//	ecs     https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-errorcodes
//	eci     https://www.alibabacloud.com/help/en/eci/developer-reference/api-eci-2018-08-08-errorcodes
//
// The first rule that matches counts. Any other code is a refusal if the status is 4xx.
var rules = []rule{
	// Throttled: the call was counted but not executed.
	{code: "Throttling*", class: batch.TryLater, throttled: true},         // common: Throttling, Throttling.User, Throttling.Api
	{code: "Rejected.Throttling", class: batch.TryLater, throttled: true}, // vpc

	// An earlier request with this token is still in progress and may succeed.
	{code: "*TokenProcessing", class: batch.TryLater, unsettled: true},      // ecs: LastTokenProcessing; vpc: OperationFailed.LastTokenProcessing
	{code: "IdempotenceProcessing", class: batch.TryLater, unsettled: true}, // vpc

	// The same request was received before, since a proxy repeated it: the first one may have
	// taken effect, but its answer was lost. The next attempt has a new nonce.
	{code: "SignatureNonceUsed", class: batch.TryLater, unsettled: true}, // common

	// Another operation on the same circuit or account is in progress: not executed.
	{code: "SystemBusy", class: batch.TryLater},        // vpc
	{code: "OperationConflict", class: batch.TryLater}, // vpc
	{code: "TaskConflict", class: batch.TryLater},      // vpc
	{code: "Conflict.Lock", class: batch.TryLater},     // vpc
	{code: "LockFailed", class: batch.TryLater},        // vpc

	// The service failed, whatever the status: it may have taken effect.
	{code: "ServiceUnavailable", class: batch.TryLater, unsettled: true}, // common
	{code: "InternalError", class: batch.TryLater, unsettled: true},      // common

	// No row can be sent because of the credentials or the clock.
	{code: "InvalidAccessKeyId*", class: batch.RunFatal},   // common
	{code: "SignatureDoesNotMatch", class: batch.RunFatal}, // common
	{code: "IncompleteSignature", class: batch.RunFatal},   // common
	{code: "InvalidSecurityToken*", class: batch.RunFatal}, // common: .Expired, .Malformed, .MismatchWithAccessKey
	{code: codeClock, class: batch.RunFatal},               // common

	// This row is not permitted, or none is: the engine decides.
	{code: "Forbidden*", class: batch.Refused, denied: true},   // common: Forbidden.RAM, Forbidden.RiskControl, Forbidden.Arrears…
	{code: "NoPermission", class: batch.Refused, denied: true}, // common

	// No row can be sent: the account must pay or switch something on first.
	{code: "OperationFailed.PconnTrafficNotEnable", class: batch.RunFatal}, // apply: outbound data transfer billing is off
	{code: "InvalidAccountStatus.NotEnoughBalance", class: batch.RunFatal}, // ecs
	{code: "Account.Arrearage", class: batch.RunFatal},                     // eci
	{code: "AccountMoneyValidateError", class: batch.RunFatal},             // vpc
	{code: "InsufficientBalance", class: batch.RunFatal},                   // common
	{code: "PAY.INSUFFICIENT_BALANCE", class: batch.RunFatal},              // orders of every product

	// No row of this region can be sent.
	{code: "InvalidRegionId*", class: batch.RegionFatal}, // vpc: InvalidRegionId.NotFound

	// This row is rejected as it is.
	{code: "MissingParam.*", class: batch.Refused},              // apply
	{code: "IllegalParam.*", class: batch.Refused},              // apply
	{code: "Invalid*.Malformed", class: batch.Refused},          // apply: InvalidConstructionTime.Malformed
	{code: "InvalidInstanceId.NotFound", class: batch.Refused},  // apply
	{code: "IncorrectStatus.*", class: batch.Refused},           // apply: PhysicalConnection, PhysicalConnectionLOA
	{code: "IdempotentParameterMismatch", class: batch.Refused}, // vpc

	{code: "OperationDenied.LOAStatusNotAllowComplete", class: batch.Refused}, // complete
	{code: "ResourceNotFound.PhysicalConnectionId", class: batch.Refused},     // confirm
	{code: "InvalidPhysicalConnectionId.NotFound", class: batch.Refused},      // confirm
	{code: "OperationUnsupported.SkipConstruction*", class: batch.Refused},    // confirm
}

// otherCode is the rule of a code that matches no other.
var otherCode = rule{class: batch.Refused}

// ruleFor returns the rule of a code.
func ruleFor(code string) rule {
	for _, r := range rules {
		if batch.MatchCode(r.code, code) {
			return r
		}
	}
	return otherCode
}

// codeClock is the API's code for clocks that are more than 15 minutes apart.
const codeClock = "InvalidTimeStamp.Expired"

// Codes for anything that is not an answer of the API. The brackets show that the API's pages do not list
// them; the catalogue explains them.
const (
	codeBadRegion   = "(bad-region)"         // the region contains more than a-z, 0-9 and hyphens
	codeNoSuchHost  = "(no-such-host)"       // the region's host name does not exist
	codeDNS         = "(dns)"                // the name server failed
	codeRefused     = "(connection-refused)" // nothing listens there
	codeUnreachable = "(unreachable)"        // no route
	codeProxy       = "(proxy)"              // the proxy could not be reached
	codeTLS         = "(tls)"                // untrusted certificate, or a failed handshake
	codeTimeout     = "(timeout)"            // the attempt's time ran out
	codeCanceled    = "(canceled)"           // canceled while the answer was awaited
	codeReset       = "(connection-reset)"   // the connection was lost
	codeNoAnswer    = "(no-answer)"          // the connection was closed without an answer
	codeCutOff      = "(cut-off)"            // the answer ended early
	codeOversized   = "(oversized-answer)"   // the answer is longer than 1 MiB
	codeOddAnswer   = "(odd-answer)"         // not a JSON object with a code or a request ID
	codeWebPage     = "(web-page)"           // HTML from a proxy or a firewall
	codeRedirect    = "(redirect)"           // a 3xx
	codeEmpty       = "(empty-answer)"       // a 2xx without a body
	codeServerError = "(server-error)"       // a 5xx without a code
	codeTooLong     = "(too-long)"           // a 413, 414 or 431 without a code
	codeThrottled   = "(throttled)"          // a 429 without a code
	codeNetwork     = "(network)"            // any other failure of the connection
	codeCredentials = "(credentials)"        // the source of the keys gave none
	codeClient      = "(client)"             // the SDK did not send the request

	codeProxyURL      = "(proxy-url)"      // the environment's value is not the URL of a proxy
	codeProxySignIn   = "(proxy-sign-in)"  // 407: it requires a user name and a password
	codeProxyRedirect = "(proxy-redirect)" // a 3xx of the proxy, as sign-in pages send
	codeProxyAnswer   = "(proxy-answer)"   // any answer other than a connection
)

// dialFailure returns why no connection was obtained.
func dialFailure(x *exchange) (batch.Class, string) {
	err := x.err
	var (
		dns     *net.DNSError
		timeout net.Error
	)
	if class, code, ok := proxyFailure(err); ok {
		return class, code
	}
	switch {
	case x.ctx.Err() != nil:
		return batch.NotSent, codeTimeout
	case errors.As(err, &dns) && dns.IsNotFound:
		return batch.RegionFatal, codeNoSuchHost
	case dns != nil:
		return batch.NotSent, codeDNS
	case isTLS(err):
		return batch.NotSent, codeTLS
	case errors.Is(err, errRefused):
		return batch.NotSent, codeRefused
	case errors.Is(err, errNoHost), errors.Is(err, errNoNetwork), errors.Is(err, errNotLoopback):
		return batch.NotSent, codeUnreachable
	case errors.As(err, &timeout) && timeout.Timeout():
		return batch.NotSent, codeTimeout
	}
	return batch.NotSent, codeNetwork
}

// lostCode returns how a call was lost after its connection was obtained.
func lostCode(ctx context.Context, x *exchange) string {
	var timeout net.Error
	switch err := x.err; {
	case errors.Is(err, errOversized):
		return codeOversized
	case ctx.Err() != nil:
		return codeCanceled
	case x.ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return codeTimeout
	case errors.Is(err, errReset), errors.Is(err, errAborted):
		return codeReset
	case x.status != 0:
		return codeCutOff
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return codeNoAnswer
	}
	return codeNetwork
}

// isTLS reports whether the handshake failed: an untrusted certificate, or no common
// protocol.
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
