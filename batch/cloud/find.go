package cloud

import (
	"context"
	"errors"
	"maps"
	"slices"

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

// Bounds of DescribePhysicalConnections
// (https://www.alibabacloud.com/help/en/express-connect/developer-reference/api-vpc-2016-04-28-describephysicalconnections-efficiency-channels).
const (
	pageSize   = 50 // circuits on a page
	filterSize = 5  // values in a filter
)

// Survey reads the state of circuits: up to five by a filter, more by paging through the
// region until all are found. Circuits that the account does not have are left out.
func (c *Cloud) Survey(ctx context.Context, region string, ids []string) (map[string]batch.CircuitState, error) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	found := make(map[string]batch.CircuitState, len(wanted))
	for page := 1; len(found) < len(wanted); page++ {
		if c.beforePage != nil {
			if err := c.beforePage(ctx, region); err != nil {
				return nil, err
			}
		}
		circuits, total, err := c.page(ctx, region, page, wanted)
		if err != nil {
			return nil, err
		}
		for _, circuit := range circuits {
			if wanted[circuit.PhysicalConnectionId] {
				found[circuit.PhysicalConnectionId] = state(circuit)
			}
		}
		if len(circuits) == 0 || page*pageSize >= total {
			break
		}
	}
	return found, nil
}

// page reads one page of the circuits of a region, and how many there are in all.
func (c *Cloud) page(ctx context.Context, region string, page int, wanted map[string]bool) ([]vpc.PhysicalConnectionType, int, error) {
	r := vpc.CreateDescribePhysicalConnectionsRequest()
	r.PageSize = requests.NewInteger(pageSize)
	r.PageNumber = requests.NewInteger(page)
	if len(wanted) <= filterSize {
		values := slices.Sorted(maps.Keys(wanted))
		r.Filter = &[]vpc.DescribePhysicalConnectionsFilter{{Key: "PhysicalConnectionId", Value: &values}}
	}
	response := vpc.CreateDescribePhysicalConnectionsResponse()
	if _, _, err := c.ask(ctx, vpcQuestion(region, r, response)); err != nil {
		return nil, 0, err
	}
	return response.PhysicalConnectionSet.PhysicalConnectionType, response.TotalCount, nil
}

func state(p vpc.PhysicalConnectionType) batch.CircuitState {
	return batch.CircuitState{
		InstanceID:     p.PhysicalConnectionId,
		Status:         p.Status,
		BusinessStatus: p.BusinessStatus,
		LOAStatus:      p.LoaStatus,
	}
}
