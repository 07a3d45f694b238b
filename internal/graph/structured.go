package graph

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// set sets a property at a path; the objects on the way are there.
func set(state resource.PropertyMap, path []string, value resource.PropertyValue) {
	key := resource.PropertyKey(path[0])
	if len(path) == 1 {
		state[key] = value
		return
	}
	object := state[key].ObjectValue().Copy()
	set(object, path[1:], value)
	state[key] = resource.NewObjectProperty(object)
}

// structured are the computed outputs that are no texts of their own, by their paths.
func structured(r Resource) map[string]resource.PropertyValue {
	switch r.Type {
	case "aws:acm/certificate:Certificate":
		var options []any
		for _, name := range append([]string{r.Input("domainName")}, texts(r.Inputs["subjectAlternativeNames"])...) {
			options = append([]any{map[string]any{ // Certificate Manager promises no order
				"domainName":          name,
				"resourceRecordName":  "_proof." + name + ".",
				"resourceRecordType":  "CNAME",
				"resourceRecordValue": "_of." + name + ".acm-validations.aws.",
			}}, options...)
		}
		return map[string]resource.PropertyValue{"domainValidationOptions": resource.NewPropertyValue(options)}
	case "aws:apigatewayv2/domainName:DomainName":
		return map[string]resource.PropertyValue{
			"domainNameConfiguration.targetDomainName": resource.NewStringProperty(
				"d-" + r.Name + ".execute-api." + r.Region + ".amazonaws.com"),
			"domainNameConfiguration.hostedZoneId": resource.NewStringProperty("ZAPI" + strings.ToUpper(r.Region)),
		}
	}
	return nil
}

func texts(list resource.PropertyValue) []string {
	var out []string
	if list.IsArray() {
		for _, v := range list.ArrayValue() {
			out = append(out, text(v))
		}
	}
	return out
}
