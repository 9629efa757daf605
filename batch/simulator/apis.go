package simulator

import "strings"

// The APIs that write.
const (
	firstApply  = "ApplyPhysicalConnectionLOA"
	secondApply = "SecondApplyPhysicalConnectionLOA"
)

// The versions of the products.
const (
	vpcVersion = "2016-04-28"
	stsVersion = "2015-04-01"
)

// api is one API that the simulator answers.
type api struct {
	version string
	params  string // its own parameters, separated by blanks; one that ends in a point stands for a list
	handle  func(*Simulator, *call) answer
}

const applyParams = "InstanceId ClientToken CompanyName LineType LineOperator Si ConstructionTime Bandwidth PeerLocation PMInfo."

// apis are the APIs that the simulator answers, by Action.
var apis = map[string]api{
	firstApply:                           {vpcVersion, applyParams, (*Simulator).apply},
	secondApply:                          {vpcVersion, applyParams, (*Simulator).apply},
	"DescribePhysicalConnectionLOA":      {vpcVersion, "InstanceId ClientToken", (*Simulator).describeLOA},
	"DescribePhysicalConnections":        {vpcVersion, "PageNumber PageSize ClientToken Filter.", (*Simulator).describeCircuits},
	"DescribeRegions":                    {vpcVersion, "AcceptLanguage ProductType", (*Simulator).describeRegions},
	"GetPhysicalConnectionServiceStatus": {vpcVersion, "", (*Simulator).serviceStatus},
	"GetCallerIdentity":                  {stsVersion, "", (*Simulator).callerIdentity},
}

// common are the parameters that every API takes.
const common = "Action Version Format RegionId AccessKeyId SecurityToken Signature SignatureMethod SignatureNonce SignatureType SignatureVersion Timestamp " +
	"OwnerId OwnerAccount ResourceOwnerId ResourceOwnerAccount"

// checkNames refuses parameters that the API does not have. The real service passes over
// them; here they tell that the client misspelt something.
func checkNames(c *call) *refusal {
	for name := range c.params {
		if !takes(common, name) && !takes(apis[c.api].params, name) {
			return refuse("UnsupportedParameter", "The API has no such parameter.")
		}
	}
	return nil
}

// takes reports whether names separated by blanks hold the name or the list it belongs to.
func takes(names, name string) bool {
	if list, _, ok := strings.Cut(name, "."); ok {
		name = list + "."
	}
	for {
		known, rest, more := strings.Cut(names, " ")
		if known == name || !more {
			return known == name
		}
		names = rest
	}
}
