package cloud

import (
	"context"
	"slices"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"
)

// Identity is who the credentials belong to, and what their answer told of the clocks.
type Identity struct {
	Account   string        // ID of the Alibaba Cloud account
	ARN       string        // of the user or role, such as acs:ram::ACCOUNT:user/NAME
	Kind      string        // Account, RAMUser or AssumedRoleUser
	RequestID string        //
	Clock     time.Duration // how far the server's clock is ahead of ours, to about a second; signatures are good for 15 minutes
	HasClock  bool          // the answer told the time
}

// Identity asks GetCallerIdentity of STS, or of the endpoint override. Clock and HasClock
// are set also beside an error, if an answer came: a clock that is wrong is
// itself a reason for one.
func (c *Cloud) Identity(ctx context.Context) (Identity, error) {
	response := sts.CreateGetCallerIdentityResponse()
	x, said, err := c.ask(ctx, &question{
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
	who.Account, who.ARN, who.Kind, who.RequestID = response.AccountId, response.Arn, response.IdentityType, said.requestID
	return who, nil
}

// Regions lists the region IDs that the account can use, sorted, from DescribeRegions.
func (c *Cloud) Regions(ctx context.Context) ([]string, error) {
	response := vpc.CreateDescribeRegionsResponse()
	if _, _, err := c.ask(ctx, vpcQuestion(identityRegion, vpc.CreateDescribeRegionsRequest(), response)); err != nil {
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
	if _, _, err := c.ask(ctx, vpcQuestion(region, vpc.CreateGetPhysicalConnectionServiceStatusRequest(), response)); err != nil {
		return false, err
	}
	return response.Enabled, nil
}
