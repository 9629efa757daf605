package prose

// Where the API's codes are documented.
const (
	applyPage  = "https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-applyphysicalconnectionloa-efficiency-channels"
	vpcPage    = "https://api.alibabacloud.com/document/Vpc/2016-04-28/errorCode"
	commonPage = "https://www.alibabacloud.com/help/en/polardb/client-error-codes"
	ecsPage    = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-errorcodes"
	eciPage    = "https://www.alibabacloud.com/help/en/eci/developer-reference/api-eci-2018-08-08-errorcodes"
	ramPage    = "https://www.alibabacloud.com/help/en/ram/support/faq-about-ram-users"
)

// enAPI: the error codes of the API, as it spells them. A * stands for any text: such an
// entry speaks for every code of its family that has no entry of its own.
var enAPI = map[string]Entry{
	// a parameter is missing
	"MissingParam.*": {
		Message: "the API misses a parameter",
		Hint:    "Fill in the cell that the code names and run again.",
		Source:  applyPage,
	},
	"MissingParam.AliUid": {
		Message: "the API cannot tell which account asks",
		Hint:    "Check the credentials with loabatch doctor; if they are right, give the request ID to Alibaba Cloud support.",
		Source:  applyPage,
	},
	"MissingParam.InstanceId": {
		Message: "the API misses the circuit's instance ID",
		Hint:    "Fill in Instance ID, such as pc-…, and run again.",
		Source:  applyPage,
	},
	"MissingParam.RegionNo": {
		Message: "the API misses the region",
		Hint:    "Fill in Region ID, or name a default with --region, and run again.",
		Source:  applyPage,
	},
	"MissingParam.PMInfo": {
		Message: "the API misses the construction engineers",
		Hint:    "Give the circuit at least one row in the Engineers sheet and run again.",
		Why:     "The parameter list calls engineers optional; the API refuses an application without one.",
		Source:  applyPage,
	},

	// a parameter is not accepted
	"IllegalParam.*": {
		Message: "the API does not accept a value",
		Hint:    "Correct the cell that the code names and run again.",
		Source:  applyPage,
	},
	"IllegalParam.LineOperator": {
		Message: "the API does not accept the circuit's line operator",
		Hint:    "The workbook does not hold the operator, the circuit does: check it in the Express Connect console.",
		Source:  applyPage,
	},
	"IllegalParam.LineType": {
		Message: "the API does not accept the line type",
		Hint:    "Choose MSTP, MPLSVPN, FIBRE or Other.",
		Wrong:   "SDH",
		Right:   "MSTP",
		Source:  applyPage,
	},
	"IllegalParam.PeerLocation": {
		Message: "the API does not accept the peer location",
		Hint:    "Write a plain postal address, or leave the cell empty.",
		Source:  applyPage,
	},
	"IllegalParam.PmCertificateType": {
		Message: "the API does not accept an engineer's certificate type",
		Hint:    "Choose IDCard or Passport.",
		Wrong:   "Driving licence",
		Right:   "Passport",
		Source:  applyPage,
	},
	"IllegalParam.PmCertificateNo": {
		Message: "the API does not accept an engineer's certificate number",
		Hint:    "Compare the number with the certificate, and the certificate type with the number.",
		Source:  applyPage,
	},
	"IllegalParam.PmContactInfo": {
		Message: "the API does not accept an engineer's contact",
		Hint:    "Give a telephone number that can receive the site's text messages.",
		Source:  applyPage,
	},
	"IllegalParam.PmGender": {
		Message: "the API does not accept an engineer's gender",
		Hint:    "Choose Male or Female.",
		Source:  applyPage,
	},
	"IllegalParam.PmName": {
		Message: "the API does not accept an engineer's name",
		Hint:    "Write the name as it stands on the certificate.",
		Source:  applyPage,
	},
	"IllegalParam.Si": {
		Message: "the API does not accept the construction company",
		Hint:    "Write the company's registered name.",
		Source:  applyPage,
	},
	"IllegalParam.CompanyName": {
		Message: "the API does not accept the company name",
		Hint:    "Write the name under which the Alibaba Cloud account is registered.",
		Source:  applyPage,
	},
	"IllegalParam.Bandwidth": {
		Message: "the API does not accept the bandwidth",
		Hint:    "Give a whole number of Mbit/s from 2 to 10240, or leave the cell empty.",
		Wrong:   "1 Gbit/s",
		Right:   "1000",
		Source:  applyPage,
	},
	"Invalid*.Malformed": {
		Message: "the API cannot read a value",
		Hint:    "Correct the cell that the code names and run again.",
		Source:  applyPage,
	},
	"InvalidConstructionTime.Malformed": {
		Message: "the API cannot read the construction time",
		Hint:    "Give a date and time, such as 2030-01-31T08:00:00Z.",
		Wrong:   "next Monday",
		Right:   "2030-01-31T08:00:00Z",
		Source:  applyPage,
	},

	// the circuit or its LOA stands against it
	"InvalidInstanceId.NotFound": {
		Message: "the account has no such circuit in this region",
		Hint:    "Compare Instance ID and Region ID with the Express Connect console, and the account with loabatch doctor.",
		Source:  applyPage,
	},
	"IncorrectStatus.*": {
		Message: "the circuit is in a state that does not allow this now",
		Hint:    "Look at the circuit's state in the Express Connect console.",
		Source:  applyPage,
	},
	"IncorrectStatus.PhysicalConnection": {
		Message: "the circuit is not in a state in which an LOA can be applied for",
		Hint:    "Wait until the circuit is Allocated; submit --dry-run=online shows its state.",
		Source:  applyPage,
	},
	"IncorrectStatus.PhysicalConnectionLOA": {
		Message: "the circuit has an LOA already",
		Hint:    "Ask loabatch status where it stands; if it was rejected, apply again with --reapply.",
		Source:  applyPage,
	},
	"IdempotentParameterMismatch": {
		Message: "the client token was used before for other values",
		Hint:    "Empty the Client token cell, so that a token is derived, or write one that was never used.",
		Why:     "The API answers a repeated token with its first answer; it refuses the token when the values changed.",
		Source:  vpcPage,
	},

	// the account
	"OperationFailed.PconnTrafficNotEnable": {
		Message: "billing for outbound data transfer is switched off for this account",
		Hint:    "Have the account's owner enable outbound data transfer billing in the Express Connect console, then run again.",
		Why:     "While it is off the API refuses every application of the account, so the run stops at the first.",
		Source:  applyPage,
	},
	"InvalidAccountStatus.NotEnoughBalance": {
		Message: "the account's balance is too low",
		Hint:    "Top up the account, then run again.",
		Source:  ecsPage,
	},
	"Account.Arrearage": {
		Message: "the account has overdue payments",
		Hint:    "Settle them, then run again.",
		Source:  eciPage,
	},
	"AccountMoneyValidateError": {
		Message: "the account's available amount is too low",
		Hint:    "Top up the account, then run again.",
		Source:  vpcPage,
	},
	"InsufficientBalance": {
		Message: "the account's balance is too low",
		Hint:    "Top up the account, then run again.",
		Source:  commonPage,
	},
	"PAY.INSUFFICIENT_BALANCE": {
		Message: "the account's balance is too low",
		Hint:    "Top up the account, then run again.",
		Source:  "https://www.alibabacloud.com/help/ja/doc-detail/2856441.html",
	},

	// who asks
	"InvalidAccessKeyId*": {
		Message: "the API does not accept the access key",
		Hint:    "Check which credentials are found with loabatch doctor, and that the key exists and is enabled.",
		Source:  commonPage,
	},
	"SignatureDoesNotMatch": {
		Message: "the access key's secret is not the right one",
		Hint:    "Copy the secret again from where the key was created; a blank or a missing character is enough.",
		Source:  commonPage,
	},
	"IncompleteSignature": {
		Message: "the API could not check the signature",
		Hint:    "Check the credentials with loabatch doctor, and that no proxy changes requests.",
		Source:  commonPage,
	},
	"InvalidSecurityToken*": {
		Message: "the session token has expired or does not belong to the key",
		Hint:    "Get new session credentials, then run again; what was accepted is not applied for twice.",
		Source:  commonPage,
	},
	"Forbidden*": {
		Message: "the account or user may not do this",
		Hint:    "Have the permission vpc:ApplyPhysicalConnectionLOA granted on the circuit; loabatch doctor shows who asks.",
		Source:  commonPage,
	},
	"Forbidden.RAM": {
		Message: "the RAM user or role has no permission for this call",
		Hint:    "Have the permissions of the README's RAM policy granted; loabatch doctor shows who asks.",
		Source:  ramPage,
	},
	"Forbidden.RiskControl": {
		Message: "the account is held by risk control",
		Hint:    "Have the account's owner look at its messages in the console, or ask Alibaba Cloud support.",
		Source:  commonPage,
	},
	"NoPermission": {
		Message: "the user or role has no permission for this call",
		Hint:    "Have the permissions of the README's RAM policy granted; loabatch doctor shows who asks.",
		Source:  commonPage,
	},
	"InvalidTimeStamp.Expired": {
		Message: "this machine's clock is more than 15 minutes off",
		Hint:    "Set the clock, best by NTP; loabatch doctor shows how far it is off.",
		Source:  commonPage,
	},
	"InvalidRegionId*": {
		Message: "the API does not know the region",
		Hint:    "Correct Region ID; loabatch doctor lists the regions of the account.",
		Wrong:   "cn-hangzou",
		Right:   "cn-hangzhou",
		Source:  vpcPage,
	},

	// not now
	"Throttling*": {
		Message: "too many requests in a short time",
		Hint:    "Run again; if it happens often, other programs use the same account's quota: lower --rate.",
		Why:     "Requests are counted for each account, region and API, whoever of the account sends them.",
		Source:  commonPage,
	},
	"Rejected.Throttling": {
		Message: "too many requests in a short time",
		Hint:    "Run again; if it happens often, lower --rate.",
		Source:  vpcPage,
	},
	"*TokenProcessing": {
		Message: "the API is still working on an earlier request for this row",
		Hint:    "Run again in some minutes; the same token goes out, so nothing is applied for twice.",
		Source:  ecsPage,
	},
	"IdempotenceProcessing": {
		Message: "the API is still working on an earlier request for this row",
		Hint:    "Run again in some minutes; the same token goes out, so nothing is applied for twice.",
		Source:  vpcPage,
	},
	"SystemBusy":         {Message: "the API is busy", Hint: "Run again later.", Source: vpcPage},
	"OperationConflict":  {Message: "another operation on the circuit is in progress", Hint: "Run again in some minutes.", Source: vpcPage},
	"TaskConflict":       {Message: "another task on the circuit is in progress", Hint: "Run again in some minutes.", Source: vpcPage},
	"Conflict.Lock":      {Message: "the circuit is locked by another operation", Hint: "Run again in some minutes.", Source: vpcPage},
	"LockFailed":         {Message: "the circuit is locked by another operation", Hint: "Run again in some minutes.", Source: vpcPage},
	"SignatureNonceUsed": {Message: "the API saw the same request twice", Hint: "Run again; if it happens often, a proxy may be sending requests twice.", Source: commonPage},
	"ServiceUnavailable": {Message: "the service is not available now", Hint: "Run again later; the same token goes out, so nothing is applied for twice.", Source: commonPage},
	"InternalError":      {Message: "the service failed", Hint: "Run again later; if it stays, give the request ID to Alibaba Cloud support.", Source: commonPage},
}
