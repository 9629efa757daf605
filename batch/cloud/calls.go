package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Submit sends an application, with the call of its operation.
func (c *Cloud) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	request := newRequest(a.Operation.API())
	fill(request, &a)
	api := vpcCall(a.Key.Region, request, &acknowledgement{BaseResponse: new(responses.BaseResponse)})
	api.private = private(&a)
	x, reply, err := c.call(ctx, api)
	if err != nil {
		return batch.Receipt{}, err
	}
	return batch.Receipt{RequestID: reply.requestID, At: x.ended.Round(0).UTC()}, nil
}

// newRequest makes a new request of the VPC API. The SDK's type for each API only adds a Go field for each
// parameter.
func newRequest(api batch.API) *requests.RpcRequest {
	r := new(requests.RpcRequest)
	r.InitWithApiInfo("Vpc", "2016-04-28", string(api), "vpc", "openAPI")
	r.Method = requests.POST
	return r
}

// acknowledgement is an answer without content.
type acknowledgement struct {
	*responses.BaseResponse
	RequestId string `json:"RequestId" xml:"RequestId"`
}

// fill sets the parameters of an application; empty ones are not sent.
func fill(r *requests.RpcRequest, a *batch.Application) {
	parametersOf[a.Operation](a, r.QueryParams)
	maps.DeleteFunc(r.QueryParams, func(_, value string) bool { return value == "" })
}

// parametersOf sets the parameters of each operation.
var parametersOf = map[batch.Operation]func(a *batch.Application, p map[string]string){
	batch.Apply:    applyParameters,
	batch.Reapply:  applyParameters,
	batch.Complete: completeParameters,
	batch.Confirm:  confirmParameters,
}

// applyParameters are those of ApplyPhysicalConnectionLOA and SecondApplyPhysicalConnectionLOA.
func applyParameters(a *batch.Application, p map[string]string) {
	p["InstanceId"] = a.Key.InstanceID
	p["CompanyName"] = a.Circuit.CompanyName
	p["LineType"] = a.Circuit.LineType
	p["Si"] = a.Circuit.Si
	p["ConstructionTime"] = sheet.FormatSent(a.Circuit.ConstructionTime)
	if a.Circuit.Bandwidth != 0 {
		p["Bandwidth"] = strconv.Itoa(a.Circuit.Bandwidth)
	}
	p["PeerLocation"] = a.Circuit.PeerLocation
	p["ClientToken"] = a.Token
	for i, e := range a.Engineers {
		prefix := "PMInfo." + strconv.Itoa(i+1) + "."
		p[prefix+"PMName"] = e.Name.Reveal()
		p[prefix+"PMCertificateType"] = e.CertificateType
		p[prefix+"PMCertificateNo"] = e.CertificateNo.Reveal()
		p[prefix+"PMGender"] = e.Gender
		p[prefix+"PMContactInfo"] = e.Contact.Reveal()
	}
}

// completeParameters are those of CompletePhysicalConnectionLOA, which is called only for finished
// construction.
func completeParameters(a *batch.Application, p map[string]string) {
	p["InstanceId"] = a.Key.InstanceID
	p["LineCode"] = a.Circuit.LineCode
	p["LineLabel"] = a.Circuit.LineLabel
	p["LineServiceProvider"] = a.Circuit.LineProvider
	p["LineSPContactInfo"] = a.Circuit.LineContact.Reveal()
	p["FinishWork"] = "true"
	p["ClientToken"] = a.Token
}

// confirmParameters are those of ConfirmPhysicalConnection, where the circuit's ID has
// another name.
func confirmParameters(a *batch.Application, p map[string]string) {
	p["PhysicalConnectionId"] = a.Key.InstanceID
	p["ClientToken"] = a.Token
}

// private lists the values of an application that must not appear in an error: personal data, and the
// token, which gives access to the answer to someone else's request.
func private(a *batch.Application) []string {
	values := make([]string, 0, 3*len(a.Engineers)+4)
	for _, e := range a.Engineers {
		values = append(values, e.Name.Reveal(), e.CertificateNo.Reveal(), e.Contact.Reveal())
	}
	return append(values, a.Circuit.LineContact.Reveal(), a.Token)
}

// Find reads the LOA of a circuit with DescribePhysicalConnectionLOA. It reports false if there is none:
// the circuit has no LOA, or the account has no such circuit. An answer that says neither is an error.
func (c *Cloud) Find(ctx context.Context, key batch.Key) (batch.LOA, bool, error) {
	r := vpc.CreateDescribePhysicalConnectionLOARequest()
	r.InstanceId = key.InstanceID
	response := vpc.CreateDescribePhysicalConnectionLOAResponse()
	x, reply, err := c.call(ctx, vpcCall(key.Region, r, response))
	if err != nil {
		if knowsNone(err) {
			return batch.LOA{}, false, nil
		}
		return batch.LOA{}, false, err
	}
	loa := response.PhysicalConnectionLOAType
	switch {
	case loa.Status != "":
	case !hasLOA(x.body) || loa.CompanyName != "" || loa.SI != "" || loa.ConstructionTime != "":
		return batch.LOA{}, false, &batch.CallError{Class: batch.MaybeReceived, Code: codeOddAnswer, RequestID: reply.requestID, Status: x.status}
	default:
		return batch.LOA{}, false, nil
	}
	return batch.LOA{
		Status:           plain(loa.Status),
		CompanyName:      loa.CompanyName,
		Si:               loa.SI,
		LineType:         loa.LineType,
		ConstructionTime: loa.ConstructionTime,
		LineCode:         loa.LineCode,
		LineLabel:        loa.LineLabel,
		RequestID:        reply.requestID,
		LetterURL:        batch.SignedURL(loa.LoaUrl),
	}, true, nil
}

// hasLOA reports whether an answer says anything about an LOA, even that there is none: an answer with
// only a request ID does not.
func hasLOA(body []byte) bool {
	var fields struct{ PhysicalConnectionLOAType *struct{} }
	return json.Unmarshal(body, &fields) == nil && fields.PhysicalConnectionLOAType != nil
}

// knowsNone reports whether an error says that the account has no such circuit.
func knowsNone(err error) bool {
	e, ok := errors.AsType[*batch.CallError](err)
	return ok && e.Class == batch.Refused && e.Code == batch.CodeNoCircuit
}

// pageSize is how many circuits a page of DescribePhysicalConnections has at most
// (https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-describephysicalconnections-efficiency-channels).
const pageSize = 50

// Survey reads one page of the circuits of a region, of all or of those with the given IDs, from
// DescribePhysicalConnections.
func (c *Cloud) Survey(ctx context.Context, region string, page int, ids []string) (batch.SurveyPage, error) {
	r := vpc.CreateDescribePhysicalConnectionsRequest()
	r.PageSize = requests.NewInteger(pageSize)
	r.PageNumber = requests.NewInteger(page)
	if len(ids) > 0 {
		r.Filter = &[]vpc.DescribePhysicalConnectionsFilter{{Key: "PhysicalConnectionId", Value: &ids}}
	}
	response := vpc.CreateDescribePhysicalConnectionsResponse()
	if _, _, err := c.call(ctx, vpcCall(region, r, response)); err != nil {
		return batch.SurveyPage{}, err
	}
	listed := response.PhysicalConnectionSet.PhysicalConnectionType
	states := make([]batch.CircuitState, len(listed))
	for i, p := range listed {
		states[i] = state(p)
	}
	pages := (response.TotalCount + pageSize - 1) / pageSize
	if len(listed) == 0 {
		pages = page // an empty page ends the listing even if the count promises more
	}
	return batch.SurveyPage{Circuits: states, Pages: pages}, nil
}

func state(p vpc.PhysicalConnectionType) batch.CircuitState {
	return batch.CircuitState{
		InstanceID:     p.PhysicalConnectionId,
		Status:         plain(p.Status),
		BusinessStatus: plain(p.BusinessStatus),
		LOAStatus:      plain(p.LoaStatus),
		Bandwidth:      int(p.Bandwidth),
		PeerLocation:   p.PeerLocation,
	}
}

// Identity says whose credentials are used, and how the clocks compare.
type Identity struct {
	Account   string        // ID of the Alibaba Cloud account
	ARN       string        // of the user or role, such as acs:ram::ACCOUNT:user/NAME
	Kind      string        // Account, RAMUser or AssumedRoleUser
	RequestID string        //
	Clock     time.Duration // how far the server's clock is ahead of ours, to about a second; signatures are good for 15 minutes
	HasClock  bool          // the answer contained the time
}

// Identity calls GetCallerIdentity of STS, or of the endpoint override. If an answer came, Clock and
// HasClock are set even with an error: a wrong clock may be its cause.
func (c *Cloud) Identity(ctx context.Context) (Identity, error) {
	response := sts.CreateGetCallerIdentityResponse()
	x, reply, err := c.call(ctx, &apiCall{
		host: stsHost, region: identityRegion,
		request: sts.CreateGetCallerIdentityRequest(), response: response,
	})
	var who Identity
	if x != nil {
		who.Clock, who.HasClock = x.clock()
	}
	if err != nil {
		return who, err
	}
	who.Account, who.ARN, who.Kind, who.RequestID = plain(response.AccountId), plain(response.Arn), plain(response.IdentityType), reply.requestID
	return who, nil
}

// Regions lists the region IDs that the account can use, sorted, from DescribeRegions.
func (c *Cloud) Regions(ctx context.Context) ([]string, error) {
	response := vpc.CreateDescribeRegionsResponse()
	if _, _, err := c.call(ctx, vpcCall(identityRegion, vpc.CreateDescribeRegionsRequest(), response)); err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range response.Regions.Region {
		ids = append(ids, r.RegionId)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// BillingEnabled asks GetPhysicalConnectionServiceStatus whether outbound data transfer
// billing is on. While it is off, every application is refused with
// OperationFailed.PconnTrafficNotEnable.
func (c *Cloud) BillingEnabled(ctx context.Context, region string) (bool, error) {
	response := vpc.CreateGetPhysicalConnectionServiceStatusResponse()
	if _, _, err := c.call(ctx, vpcCall(region, vpc.CreateGetPhysicalConnectionServiceStatusRequest(), response)); err != nil {
		return false, err
	}
	return response.Enabled, nil
}
