// Package cloud connects the engine to Alibaba Cloud: it makes one API call at a
// time and reports the result in a few fields. It is the only package that knows the SDK
// (alibaba-cloud-sdk-go v1.63.107, its last release) and the credentials library, and it
// contains their defects.
//
// # How a call goes
//
//	Submit ─► call ─► worker (an SDK client) ─► recordingTransport ─► one http.Transport
//	                                                │
//	                                                └─► exchange: what was seen on the wire
//	*batch.CallError ◄─ classify ◄──────────────────┘
//
// The SDK signs and sends, but its results are not used. Its errors quote URLs, headers and
// signed strings, its nil error does not mean success, and some bodies make it panic. So the
// recording transport keeps the facts of every call in an [exchange]: whether a connection
// was obtained, the status, the headers, the body, and how the call ended. classify turns
// that into a [batch.CallError], only by type and code.
//
// # Invariants
//
//   - A client of the SDK is used by one goroutine at a time. Clients are built one after
//     another under a mutex, and all share one http.Transport, each behind its own
//     recording transport.
//   - A call ends when its context does, or after Config.Timeout: dialling, waiting for
//     headers and reading the body are bounded alike, and so is asking for credentials.
//     Replacing keys that the API rejected gets the same time again.
//   - One call is one request. The SDK's retry is off, redirects are not followed, and a
//     recording transport refuses a second request for the same call. Nothing here retries or
//     waits for a quota.
//   - HTTPS everywhere. Plain HTTP is only for a loopback endpoint, and the dialler then
//     refuses every address that is not loopback. A loopback endpoint is never reached
//     through a proxy, and any other endpoint never bypasses a configured proxy, even if
//     the proxy's URL is malformed.
//   - A region that is not plain [a-z0-9-] never becomes part of a host name.
//   - An answer is read up to 1 MiB.
//   - Accepted means: status 2xx, a RequestId, no error code. Anything else that looks
//     like success may have been received.
//   - Not sent means: no connection was ever obtained. After that, anything may have been
//     received.
//   - No error text contains a personal value, a key, a token or a URL: errors consist of
//     fields, and a code or request ID that quotes the request is dropped.
package cloud
