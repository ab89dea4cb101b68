package clients

// Terraform's provider alicloud, for its resources alicloud_ecs_command and alicloud_ecs_invocation.
// These tests send the requests that the provider makes, with the client library that it uses, and
// read the answers by its rules. They do not run the provider. Its pauses are left out: 5 s before the
// first poll, and 3 s and more before the next one. Its retries are left out too, since nothing here
// answers with an error at which it tries again.

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	rpc "github.com/alibabacloud-go/tea-rpc/client"
	util "github.com/alibabacloud-go/tea-utils/service"
	"github.com/alibabacloud-go/tea/tea"
)

// The attributes of a resource by Terraform's names: of its configuration, or of its state.
type attributes map[string]any

// The parameter that carries an attribute, and the field of an answer that the attribute is read from.
var commandFields = map[string]string{
	"command_content":   "CommandContent",
	"content_encoding":  "ContentEncoding",
	"description":       "Description",
	"enable_parameter":  "EnableParameter",
	"name":              "Name",
	"resource_group_id": "ResourceGroupId",
	"timeout":           "Timeout",
	"type":              "Type",
	"working_dir":       "WorkingDir",
}

var invocationFields = map[string]string{
	"command_id":  "CommandId",
	"frequency":   "Frequency",
	"repeat_mode": "RepeatMode",
	"timed":       "Timed",
	"username":    "Username",
}

// provider is the provider with an account of its own.
type provider struct {
	account
	conn *rpc.Client
}

func newProvider(t *testing.T) provider {
	a := ownAccount(t)
	config := new(rpc.Config).
		SetAccessKeyId(a.key).
		SetAccessKeySecret("secret").
		SetSecurityToken("").
		SetRegionId("cn-hangzhou").
		SetEndpoint(os.Getenv("INVODEX_ADDRESS")).
		SetProtocol("HTTP").
		SetReadTimeout(60000).
		SetConnectTimeout(60000).
		SetMaxIdleConns(500)
	conn, err := rpc.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return provider{a, conn}
}

// request sends all parameters in the form. The library tries a query again by itself, and nothing else.
func (p provider) request(action string, given params) (params, error) {
	p.Helper()
	given["RegionId"] = "cn-hangzhou"
	runtime := new(util.RuntimeOptions).SetAutoretry(strings.HasPrefix(action, "Describe"))
	answer, err := p.conn.DoRequest(
		&action, nil, tea.String("POST"), tea.String("2014-05-26"), tea.String("AK"), nil, given, runtime,
	)
	if err != nil {
		return nil, err
	}
	// The provider takes an answer with one of these fields as an error, whatever its status is.
	for _, field := range []string{"Code", "code", "Success", "success"} {
		if _, ok := answer[field]; ok {
			p.Fatal(action, answer)
		}
	}
	return answer, nil
}

func (p provider) done(action string, given params) params {
	p.Helper()
	answer, err := p.request(action, given)
	if err != nil {
		p.Fatal(action, err)
	}
	return answer
}

func refusedWith(err error, codes ...string) bool {
	var refusal *tea.SDKError
	return errors.As(err, &refusal) && slices.Contains(codes, *refusal.Code)
}

// The first record of an answer. It is nil if there is none, or if its id is another one: then the
// provider takes the resource as not found, and Terraform removes it from the state.
func first(answer params, list, record, key, id string) params {
	rows := answer[list].(map[string]any)[record].([]any)
	if len(rows) == 0 {
		return nil
	}
	found := rows[0].(map[string]any)
	if found[key] != id {
		return nil
	}
	return found
}

// state has an attribute for each field, nil for a field that is missing. Numbers are whole there.
func state(found params, fields map[string]string) attributes {
	read := attributes{}
	for name, field := range fields {
		read[name] = found[field]
		if number, ok := found[field].(json.Number); ok {
			if whole, err := number.Int64(); err == nil {
				read[name] = int(whole)
			}
		}
	}
	return read
}

func (p provider) createCommand(config attributes) string {
	p.Helper()
	given := params{}
	for name, value := range config {
		given[commandFields[name]] = value
	}
	return p.done("CreateCommand", given)["CommandId"].(string)
}

// readCommand gives nil for a command that is not found.
func (p provider) readCommand(id string) attributes {
	p.Helper()
	answer, err := p.request("DescribeCommands", params{"CommandId": id})
	if refusedWith(err, "InvalidRegionId.NotFound", "Operation.Forbidden") {
		return nil
	}
	if err != nil {
		p.Fatal(err)
	}
	found := first(answer, "Commands", "Command", "CommandId", id)
	if found == nil {
		return nil
	}
	read := state(found, commandFields)
	// The answer has no such field. The provider fills in the one value that it allows.
	if read["content_encoding"] == nil {
		read["content_encoding"] = "Base64"
	}
	return read
}

// deleteCommand gives whether there was a command. The provider is content either way.
func (p provider) deleteCommand(id string) bool {
	p.Helper()
	_, err := p.request("DeleteCommand", params{"CommandId": id})
	if err != nil &&
		!refusedWith(err, "InvalidCmdId.NotFound", "InvalidRegionId.NotFound", "Operation.Forbidden") {
		p.Fatal(err)
	}
	return err == nil
}

// destroyCommand deletes a command that is there, and then does not find it.
func (p provider) destroyCommand(id string) {
	p.Helper()
	if !p.deleteCommand(id) {
		p.Error("the command is gone too early")
	}
	if read := p.readCommand(id); read != nil {
		p.Error(read)
	}
}

func (p provider) invoke(config attributes) string {
	p.Helper()
	given := params{"InstanceId": config["instance_id"]}
	for name, field := range invocationFields {
		if value, ok := config[name]; ok {
			given[field] = value
		}
	}
	if parameters, ok := config["parameters"]; ok {
		written, err := json.Marshal(parameters)
		if err != nil {
			p.Fatal(err)
		}
		given["Parameters"] = string(written)
	}
	if name, ok := config["windows_password_name"]; ok {
		given["WindowsPasswordName"] = name
	}
	return p.done("InvokeCommand", given)["InvokeId"].(string)
}

// readInvocation gives nil for an invocation that is not found. It reads no windows_password_name: the
// state keeps the configured one.
func (p provider) readInvocation(id string) attributes {
	p.Helper()
	answer := p.done("DescribeInvocations", params{"InvokeId": id})
	found := first(answer, "Invocations", "Invocation", "InvokeId", id)
	if found == nil {
		return nil
	}
	read := state(found, invocationFields)
	read["status"] = found["InvocationStatus"]
	// Another text than an object of texts is an error, and a missing one ends the provider.
	parameters := map[string]string{}
	if err := json.Unmarshal([]byte(found["Parameters"].(string)), &parameters); err != nil {
		p.Fatal(err)
	}
	read["parameters"] = parameters
	instances := []string{}
	for _, run := range found["InvokeInstances"].(map[string]any)["InvokeInstance"].([]any) {
		instances = append(instances, run.(map[string]any)["InstanceId"].(string))
	}
	read["instance_id"] = instances
	return read
}

// wait polls until the status is one with which the provider ends its wait. A poll that sees another
// status is followed by one of the steps.
func (p provider) wait(id string, steps ...func()) {
	p.Helper()
	for {
		status := p.readInvocation(id)["status"]
		switch status {
		case "Success", "Scheduled":
			if len(steps) > 0 {
				p.Fatal(status, "with steps left:", len(steps))
			}
			return
		case "Failed", "PartialFailed", "Stopped":
			p.Fatal("the provider gives up at", status)
		}
		if len(steps) == 0 {
			p.Fatal("the provider waits on at", status)
		}
		steps[0]()
		steps = steps[1:]
	}
}

// stop fails the test at any error, as the provider fails to destroy.
func (p provider) stop(id string) {
	p.Helper()
	p.done("StopInvocation", params{"InvokeId": id})
}

// expect compares a state with the configuration it comes from, and with the values of the attributes
// that the configuration leaves out. Terraform plans a change for an attribute that differs.
func (p provider) expect(read, config, others attributes) {
	p.Helper()
	expected := maps.Clone(config)
	maps.Copy(expected, others)
	for name := range expected {
		if _, ok := read[name]; !ok {
			p.Errorf("%s is not read", name)
		}
	}
	for name, value := range read {
		if !reflect.DeepEqual(value, expected[name]) {
			p.Errorf("%s: %#v in place of %#v", name, value, expected[name])
		}
	}
}

func TestTerraformOnce(t *testing.T) {
	p := newProvider(t)

	// apply: the parameters of a provider that knows the encoding and the resource group too.
	command := attributes{
		"command_content":   "ZWNobyB7e3doYXR9fSB7e3doZXJlfX0=",
		"content_encoding":  "Base64",
		"description":       "Says <what> & where",
		"enable_parameter":  true,
		"name":              "say",
		"resource_group_id": "rg-1",
		"timeout":           90,
		"type":              "RunShellScript",
		"working_dir":       "/srv",
	}
	commandId := p.createCommand(command)
	p.expect(p.readCommand(commandId), command, nil)

	invocation := attributes{
		"command_id":  commandId,
		"instance_id": []string{"i-2", "i-1"},
		"parameters":  map[string]string{"what": `"a" <b>`, "where": "ü"},
	}
	invokeId := p.invoke(invocation)
	p.wait(invokeId,
		func() { p.report(invokeId, "i-1", "Running", "") },
		func() { p.report(invokeId, "i-1", "Success", "") },
		func() { p.report(invokeId, "i-2", "Running", "") },
		func() { p.report(invokeId, "i-2", "Success", "") },
	)
	// All are computed but the frequency. That one is not configured, which is the same as empty.
	computed := attributes{
		"frequency":   "",
		"repeat_mode": "Once",
		"status":      "Success",
		"timed":       false,
		"username":    "",
	}
	p.expect(p.readInvocation(invokeId), invocation, computed)

	// plan
	p.expect(p.readCommand(commandId), command, nil)
	p.expect(p.readInvocation(invokeId), invocation, computed)

	// destroy: the invocation first. It has finished, so that there is nothing to stop.
	p.stop(invokeId)
	p.destroyCommand(commandId)
	// The command was deleted by someone else meanwhile.
	if p.deleteCommand(commandId) {
		t.Error("the command is deleted twice")
	}
	// The provider cannot remove an invocation. Its record stays, and Terraform forgets it unread.
	p.expect(p.readInvocation(invokeId), invocation, computed)
	// An unknown invocation is not found.
	if read := p.readInvocation("t-unknown"); read != nil {
		t.Error(read)
	}
}

func TestTerraformPeriod(t *testing.T) {
	p := newProvider(t)

	// apply: the parameters of an older provider, which knows neither. Two are its defaults.
	command := attributes{
		"command_content":  "ZGYgLWg=",
		"enable_parameter": false,
		"name":             "disk-report",
		"timeout":          60,
		"type":             "RunShellScript",
	}
	others := attributes{
		"content_encoding":  "Base64",
		"description":       "",
		"resource_group_id": "",
		"working_dir":       "",
	}
	commandId := p.createCommand(command)
	p.expect(p.readCommand(commandId), command, others)

	invocation := attributes{
		"command_id":  commandId,
		"frequency":   "0 30 4 ? * MON-FRI",
		"instance_id": []string{"i-1"},
		"repeat_mode": "Period",
		"timed":       true,
		"username":    "root",
	}
	invoked := maps.Clone(invocation)
	invoked["windows_password_name"] = "axt"
	invokeId := p.invoke(invoked)
	p.wait(invokeId, func() { p.report(invokeId, "i-1", "Scheduled", "") })
	computed := attributes{"parameters": map[string]string{}, "status": "Scheduled"}
	p.expect(p.readInvocation(invokeId), invocation, computed)

	// plan, between two executions
	p.expect(p.readCommand(commandId), command, others)
	p.expect(p.readInvocation(invokeId), invocation, computed)

	// plan, in an execution: only the status is another, which is computed.
	p.report(invokeId, "i-1", "Running", "")
	computed["status"] = "Running"
	p.expect(p.readInvocation(invokeId), invocation, computed)

	// destroy
	p.stop(invokeId)
	p.destroyCommand(commandId)
	if status := p.readInvocation(invokeId)["status"]; status != "Stopping" {
		t.Error(status)
	}
	p.report(invokeId, "i-1", "Terminated", "")
	if status := p.readInvocation(invokeId)["status"]; status != "Stopped" {
		t.Error(status)
	}
}
