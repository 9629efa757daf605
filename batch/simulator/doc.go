// Package simulator plays the VPC endpoint of Alibaba Cloud: enough of the API to apply
// for Letters of Authorization (LOAs) over real HTTP, with a real signature, and to meet
// there everything that can go wrong. It is written from the API pages and is stricter
// and odder than the service, so that a client that is content with it is prepared.
//
// # Use
//
//	s := simulator.New(simulator.Options{Keys: map[string]string{"id": "secret"}})
//	listener, err := net.Listen("tcp", "127.0.0.1:0")
//	…
//	err = s.Serve(ctx, listener) // or use s as an http.Handler, and Close it
//
// All regions and both products share the one endpoint: a call names its region in
// RegionId. State lives in memory and ends with the simulator.
//
// # Endpoints
//
//	/        the APIs: POST or GET, parameters in the query or a form body, answers in JSON
//	         VPC 2016-04-28: ApplyPhysicalConnectionLOA, SecondApplyPhysicalConnectionLOA,
//	           DescribePhysicalConnectionLOA, DescribePhysicalConnections, DescribeRegions,
//	           GetPhysicalConnectionServiceStatus
//	         STS 2015-04-01: GetCallerIdentity
//	/stats   GET: what the simulator saw, as JSON of [Stats]
//	/age     POST ?state=Available&region=…&instance=…: sets the state of LOAs, as the
//	         people behind the service would; without an instance all that wait (curl -X POST)
//
// # The way of a call
//
//  1. Decode: a URI of at most 64 KB, a body of at most 1 MB, each parameter once.
//  2. Gate: Action, Version, Format=JSON, AccessKeyId, SecurityToken, Timestamp within 15
//     minutes, Signature (HMAC-SHA1 of decoded and again encoded parameters), a
//     SignatureNonce that is new, no parameter that the API lacks.
//  3. Quota: at most N calls in any sliding window, for each account, region and API.
//     Beyond it: 400 Throttling.User with x-ratelimit-user-api: Limit:N,Remain:0,TimeLeft:MS.
//     A throttled call does not count against the limit, but counts in the statistics.
//  4. Fate: its latency, and perhaps a fault.
//  5. Parameters, by the API page and with its codes; then permission and billing of the
//     account; then the client token; then, after the latency, the state of circuit and LOA.
//
// A client that leaves does not stop its call: the effect comes all the same.
//
// # Client tokens
//
// The same token with the same parameters gets the same answer, request ID included,
// refusals as well unless Options.ForgetRefusals. Other parameters, another API or
// another region: 400 IdempotentParameterMismatch. While the first call is at work: 403
// LastTokenProcessing. More than 64 characters or other than printable ASCII: 400
// InvalidClientToken.Malformed. Without a token nothing is ever replayed.
// Calls refused for their parameters or for the account leave no trace under their token.
//
// # Circuits and LOAs
//
// A circuit that was not declared exists, is Allocated, and has no LOA, unless its
// instance ID carries one of these markers, anywhere and in any case:
//
//	notfound      InvalidInstanceId.NotFound
//	notallocated  its status is Approved: IncorrectStatus.PhysicalConnection
//	locked        it is FinancialLocked: IncorrectStatus.PhysicalConnection
//	hasloa        its LOA is Applying: IncorrectStatus.PhysicalConnectionLOA
//	available     its LOA is Available: IncorrectStatus.PhysicalConnectionLOA
//	rejected      its LOA is Rejected: only SecondApplyPhysicalConnectionLOA is accepted
//	deleted       its LOA was Deleted: it can be applied for
//	forbidden     Forbidden.RAM for every application
//	willreject    it can be applied for, and the review rejects the LOA
//
// An LOA that stood there already tells of another company than the client's.
// An accepted application is Applying. Options.Review, [Simulator.Age] or POST /age make
// it Available, Rejected and so on. DescribePhysicalConnectionLOA of a circuit without an
// LOA gives an empty one. Options.Lag lets both Describe APIs tell the former state for a
// while. DescribePhysicalConnections lists the circuits known so far:
// declared, named in a call, or named in its filter PhysicalConnectionId.
//
// # Faults
//
// A fault is what the client sees, and whether the call had its effect: before (there is
// none), after (there is one), or late (it comes once the client has its answer or has
// given up). Unless told otherwise, kinds that deny any effect are before, the one that
// affirms it is after, and for all others a coin falls for each call between the two. They happen to VPC calls, or to
// the one API or region that is named.
//
//	500         500 InternalError
//	503         503 ServiceUnavailable
//	html        a gateway's 502 page in HTML
//	504         a gateway's 504 in plain text
//	429         429 in plain text with x-acs-retry-after (denies)
//	throttle    400 Throttling.User with x-ratelimit-user-api (denies)
//	busy        400 SystemBusy (denies)
//	conflict    400 OperationConflict (denies)
//	processing  403 LastTokenProcessing
//	drop        the connection is closed without an answer
//	reset       the connection is reset without an answer
//	cut         the answer breaks off in the middle of its body
//	hang        no answer, or after =DURATION
//	stall       half an answer, the rest never, or after =DURATION
//	empty, 204, null, idless, code200
//	            successes that are none: nothing, null, no RequestId, an error code
//	types       500 whose Code is a number and whose Message is an object
//	spelling    a true success with requestId for RequestId (affirms)
//	idtype      200 whose RequestId is a number
//	redirect    307 to another host
//	huge        200 with 4 MiB of JSON
//
// [ParseFaults] reads them, such as
//
//	503:5%,drop-after:2%,hang-late:1%,stall=3s:1%,ApplyPhysicalConnectionLOA/cut:10%,cn-beijing/latency:2s,latency:20ms±10ms
//
// A call's fate depends on the seed and on its API, region, circuit and number alone:
// the third application for a circuit meets the same fault in every run, whatever else
// goes on. Options.Script decides case by case instead.
//
// # Personal data
//
// Neither statistics nor log lines hold any: engineers are counted, never named. What
// DescribePhysicalConnectionLOA tells of them is masked when it is stored. Only the
// answer SignatureDoesNotMatch quotes the request, as the real one does.
package simulator
