package cloud

import (
	"context"
	"errors"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/loabatch/loabatch/batch"
)

// Find asks DescribePhysicalConnectionLOA where the LOA of a circuit stands. It reports
// false when the API knows of none, be it that the circuit has no LOA or that the
// account has no such circuit.
func (c *Cloud) Find(ctx context.Context, key batch.Key) (batch.LOA, bool, error) {
	r := vpc.CreateDescribePhysicalConnectionLOARequest()
	r.InstanceId = key.InstanceID
	response := vpc.CreateDescribePhysicalConnectionLOAResponse()
	_, said, err := c.ask(ctx, vpcQuestion(key.Region, r, response))
	if err != nil {
		if knowsNone(err) {
			return batch.LOA{}, false, nil
		}
		return batch.LOA{}, false, err
	}
	loa := response.PhysicalConnectionLOAType
	if loa.Status == "" {
		return batch.LOA{}, false, nil
	}
	return batch.LOA{
		Status:           loa.Status,
		CompanyName:      loa.CompanyName,
		Si:               loa.SI,
		LineType:         loa.LineType,
		ConstructionTime: loa.ConstructionTime,
		RequestID:        said.requestID,
	}, true, nil
}

// knowsNone reports whether an error says that the account has no such circuit.
func knowsNone(err error) bool {
	e, ok := errors.AsType[*batch.CallError](err)
	return ok && e.Class == batch.Refused && e.Code == "InvalidInstanceId.NotFound"
}

// pageSize is how many circuits a page of DescribePhysicalConnections has at most
// (https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-describephysicalconnections-efficiency-channels).
const pageSize = 50

// Survey reads one page of the circuits of a region, all or those with these IDs, from
// DescribePhysicalConnections.
func (c *Cloud) Survey(ctx context.Context, region string, page int, ids []string) ([]batch.CircuitState, bool, error) {
	r := vpc.CreateDescribePhysicalConnectionsRequest()
	r.PageSize = requests.NewInteger(pageSize)
	r.PageNumber = requests.NewInteger(page)
	if len(ids) > 0 {
		r.Filter = &[]vpc.DescribePhysicalConnectionsFilter{{Key: "PhysicalConnectionId", Value: &ids}}
	}
	response := vpc.CreateDescribePhysicalConnectionsResponse()
	if _, _, err := c.ask(ctx, vpcQuestion(region, r, response)); err != nil {
		return nil, false, err
	}
	listed := response.PhysicalConnectionSet.PhysicalConnectionType
	states := make([]batch.CircuitState, len(listed))
	for i, p := range listed {
		states[i] = state(p)
	}
	// A count that the pages do not bear out does not keep anybody asking for ever.
	return states, len(listed) > 0 && page*pageSize < response.TotalCount, nil
}

func state(p vpc.PhysicalConnectionType) batch.CircuitState {
	return batch.CircuitState{
		InstanceID:     p.PhysicalConnectionId,
		Status:         p.Status,
		BusinessStatus: p.BusinessStatus,
		LOAStatus:      p.LoaStatus,
	}
}
