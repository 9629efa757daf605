package cloud

import (
	"context"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Submit applies for the LOA of one circuit: ApplyPhysicalConnectionLOA, or
// SecondApplyPhysicalConnectionLOA when the application is a reapplication.
func (c *Cloud) Submit(ctx context.Context, a batch.Application) (batch.Receipt, error) {
	q := applyQuestion(&a)
	if a.Operation == batch.Reapply {
		q = reapplyQuestion(&a)
	}
	q.private = private(&a)
	x, said, err := c.ask(ctx, q)
	if err != nil {
		return batch.Receipt{}, err
	}
	return batch.Receipt{RequestID: said.requestID, At: x.ended.Round(0).UTC()}, nil
}

// applyQuestion makes a fresh request of an application: one that was used before would
// still hold the engineers of that time.
func applyQuestion(a *batch.Application) *question {
	r := vpc.CreateApplyPhysicalConnectionLOARequest()
	r.InstanceId = a.Key.InstanceID
	r.CompanyName = a.Circuit.CompanyName
	r.LineType = a.Circuit.LineType
	r.Si = a.Circuit.Si
	r.ConstructionTime = a.Circuit.ConstructionTime.UTC().Format(sheet.SentTime)
	r.Bandwidth = bandwidth(a.Circuit.Bandwidth)
	r.PeerLocation = a.Circuit.PeerLocation
	r.ClientToken = a.Token
	engineers := make([]vpc.ApplyPhysicalConnectionLOAPMInfo, len(a.Engineers))
	for i, e := range a.Engineers {
		engineers[i] = vpc.ApplyPhysicalConnectionLOAPMInfo{
			PMName:            e.Name.Reveal(),
			PMCertificateType: e.CertificateType,
			PMCertificateNo:   e.CertificateNo.Reveal(),
			PMGender:          e.Gender,
			PMContactInfo:     e.Contact.Reveal(),
		}
	}
	r.PMInfo = &engineers
	return vpcQuestion(a.Key.Region, r, vpc.CreateApplyPhysicalConnectionLOAResponse())
}

// reapplyQuestion is applyQuestion for an LOA that was rejected; the parameters are the
// same, the SDK's types are not.
func reapplyQuestion(a *batch.Application) *question {
	r := vpc.CreateSecondApplyPhysicalConnectionLOARequest()
	r.InstanceId = a.Key.InstanceID
	r.CompanyName = a.Circuit.CompanyName
	r.LineType = a.Circuit.LineType
	r.Si = a.Circuit.Si
	r.ConstructionTime = a.Circuit.ConstructionTime.UTC().Format(sheet.SentTime)
	r.Bandwidth = bandwidth(a.Circuit.Bandwidth)
	r.PeerLocation = a.Circuit.PeerLocation
	r.ClientToken = a.Token
	engineers := make([]vpc.SecondApplyPhysicalConnectionLOAPMInfo, len(a.Engineers))
	for i, e := range a.Engineers {
		engineers[i] = vpc.SecondApplyPhysicalConnectionLOAPMInfo{
			PMName:            e.Name.Reveal(),
			PMCertificateType: e.CertificateType,
			PMCertificateNo:   e.CertificateNo.Reveal(),
			PMGender:          e.Gender,
			PMContactInfo:     e.Contact.Reveal(),
		}
	}
	r.PMInfo = &engineers
	return vpcQuestion(a.Key.Region, r, vpc.CreateSecondApplyPhysicalConnectionLOAResponse())
}

// bandwidth leaves the parameter out when the cell is empty.
func bandwidth(mbps int) requests.Integer {
	if mbps == 0 {
		return ""
	}
	return requests.NewInteger(mbps)
}

// private lists what an application holds that must not come back in an error: the
// engineers, and the token, which is a key to the answer of somebody else's request.
func private(a *batch.Application) []string {
	values := make([]string, 0, 3*len(a.Engineers)+4)
	for _, e := range a.Engineers {
		values = append(values, e.Name.Reveal(), e.CertificateNo.Reveal(), e.Contact.Reveal())
	}
	return append(values, a.Token)
}
