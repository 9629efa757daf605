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

// Survey reads the state of circuits: it pages through the region until all are found,
// then asks by name, five at a time, for those that the listing did not have, since
// what is listed may lag behind or change between two pages. Circuits that the account
// does not have are left out.
func (c *Cloud) Survey(ctx context.Context, region string, ids []string) (map[string]batch.CircuitState, error) {
	s := survey{cloud: c, region: region, missing: make(map[string]bool, len(ids)), found: make(map[string]batch.CircuitState, len(ids))}
	for _, id := range ids {
		s.missing[id] = true
	}
	if len(s.missing) > filterSize {
		if err := s.pages(ctx, nil); err != nil {
			return nil, err
		}
	}
	for names := range slices.Chunk(slices.Sorted(maps.Keys(s.missing)), filterSize) {
		if err := s.pages(ctx, names); err != nil {
			return nil, err
		}
	}
	return s.found, nil
}

// survey is one reading of the circuits of a region.
type survey struct {
	cloud   *Cloud
	region  string
	missing map[string]bool
	found   map[string]batch.CircuitState
}

// pages reads page after page, of the circuits with these names or of all, until none is
// missing or there is no more.
func (s *survey) pages(ctx context.Context, names []string) error {
	for page := 1; len(s.missing) > 0; page++ {
		if s.cloud.beforePage != nil {
			if err := s.cloud.beforePage(ctx, s.region); err != nil {
				return err
			}
		}
		circuits, total, err := s.cloud.page(ctx, s.region, page, names)
		if err != nil {
			return err
		}
		for _, circuit := range circuits {
			if id := circuit.PhysicalConnectionId; s.missing[id] {
				s.found[id] = state(circuit)
				delete(s.missing, id)
			}
		}
		if len(circuits) == 0 || page*pageSize >= total {
			return nil
		}
	}
	return nil
}

// page reads one page of the circuits of a region, and how many there are in all. Names
// are at most five; none means all circuits.
func (c *Cloud) page(ctx context.Context, region string, page int, names []string) ([]vpc.PhysicalConnectionType, int, error) {
	r := vpc.CreateDescribePhysicalConnectionsRequest()
	r.PageSize = requests.NewInteger(pageSize)
	r.PageNumber = requests.NewInteger(page)
	if len(names) > 0 {
		r.Filter = &[]vpc.DescribePhysicalConnectionsFilter{{Key: "PhysicalConnectionId", Value: &names}}
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
