// Package clients drives the emulator with the official Go SDK: both pagings to the end, the life of
// a run, and every documented error as the SDK's own.
package clients

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	openapiutil "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	ecs "github.com/alibabacloud-go/ecs-20140526/v7/client"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/alibabacloud-go/tea/tea"
)

// Parameters by the API's own names.
type params map[string]any

// account is a client with an account of its own.
type account struct {
	*testing.T
	key    string
	client *ecs.Client
}

func newAccount(t *testing.T, key string) account {
	client, err := ecs.NewClient(&openapiutil.Config{
		AccessKeyId:     &key,
		AccessKeySecret: dara.String("secret"),
		Endpoint:        dara.String(os.Getenv("INVODEX_ADDRESS")),
		Protocol:        dara.String("http"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return account{t, key, client}
}

func ownAccount(t *testing.T) account {
	return newAccount(t, fmt.Sprintf("%016d", rand.Int63n(1e16)))
}

// ask fills the SDK's request with the parameters and sends it.
func ask[Request, Answer any](method func(*Request) (*Answer, error), given params) (*Answer, error) {
	request := new(Request)
	if err := dara.Convert(given, request); err != nil {
		return nil, err
	}
	return method(request)
}

// sent asks and fails the test if the SDK gives an error.
func sent[Request, Answer any](a account, method func(*Request) (*Answer, error), given params) *Answer {
	a.Helper()
	if _, ok := given["RegionId"]; !ok {
		given["RegionId"] = "cn-hangzhou"
	}
	answer, err := ask(method, given)
	if err != nil {
		a.Fatal(err)
	}
	return answer
}

func (a account) run(instances ...string) string {
	a.Helper()
	command := params{"Type": "RunShellScript", "CommandContent": "df -h", "InstanceId": instances}
	return *sent(a, a.client.RunCommand, command).Body.InvokeId
}

func (a account) report(id, instance, status, output string) {
	a.Helper()
	body, _ := json.Marshal(params{
		"InvokeId": id, "InstanceId": instance, "InvocationStatus": status, "Output": output,
	})
	address := fmt.Sprintf("http://%s/_emulator/runs?AccessKeyId=%s", os.Getenv("INVODEX_ADDRESS"), a.key)
	answer, err := http.Post(address, "application/json", bytes.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		a.Fatal(answer.Status)
	}
}

type page struct {
	rows  []string
	total int64
	next  string
}

func (a account) invocations(given params) page {
	a.Helper()
	body := sent(a, a.client.DescribeInvocations, given).Body
	found := page{total: *body.TotalCount, next: *body.NextToken}
	for _, row := range body.Invocations.Invocation {
		found.rows = append(found.rows, *row.InvokeId)
	}
	return found
}

func (a account) results(given params) page {
	a.Helper()
	body := sent(a, a.client.DescribeInvocationResults, given).Body.Invocation
	found := page{total: *body.TotalCount, next: *body.NextToken}
	for _, row := range body.InvocationResults.InvocationResult {
		found.rows = append(found.rows, *row.InvokeId+" "+*row.InstanceId)
	}
	return found
}

func byNumber(t *testing.T, pages func(params) page, size int) (walked []string) {
	for number := 1; ; number++ {
		found := pages(params{"PageNumber": number, "PageSize": size})
		if len(found.rows) == 0 {
			if found.total != int64(len(walked)) {
				t.Fatal(found.total, len(walked))
			}
			return walked
		}
		walked = append(walked, found.rows...)
	}
}

func byToken(_ *testing.T, pages func(params) page, size int) (walked []string) {
	token := ""
	for {
		found := pages(params{"MaxResults": size, "NextToken": token})
		walked = append(walked, found.rows...)
		if token = found.next; token == "" {
			return walked
		}
	}
}

func TestBothPagingsToTheEnd(t *testing.T) {
	a := ownAccount(t)
	var ids, runs []string
	for range 23 {
		ids = append(ids, a.run("i-1", "i-2"))
	}
	slices.Reverse(ids)
	for _, id := range ids {
		runs = append(runs, id+" i-1", id+" i-2")
	}
	for _, size := range []int{1, 7, 23, 50} {
		for name, walk := range map[string]func(*testing.T, func(params) page, int) []string{
			"by number": byNumber, "by token": byToken,
		} {
			if walked := walk(t, a.invocations, size); !slices.Equal(walked, ids) {
				t.Error(name, size, walked)
			}
			if walked := walk(t, a.results, size); !slices.Equal(walked, runs) {
				t.Error(name, size, walked)
			}
		}
	}
}

func TestRunReportStop(t *testing.T) {
	a := ownAccount(t)
	id := a.run("i-1", "i-2", "i-3")
	done := base64.StdEncoding.EncodeToString([]byte("done"))
	a.report(id, "i-1", "Running", "")
	a.report(id, "i-1", "Success", done)
	a.report(id, "i-2", "Running", "")
	sent(a, a.client.StopInvocation, params{"InvokeId": id, "InstanceId": []string{"i-2"}})
	sent(a, a.client.StopInvocation, params{"InvokeId": id})
	a.report(id, "i-2", "Terminated", "")

	body := sent(a, a.client.DescribeInvocations, params{"InvokeId": id, "IncludeOutput": true}).Body
	found := body.Invocations.Invocation[0]
	shown := []string{*found.InvocationStatus + " " + *found.InvokeStatus}
	for _, run := range found.InvokeInstances.InvokeInstance {
		shown = append(shown, strings.Join([]string{
			*run.InstanceId, *run.InvocationStatus, *run.InstanceInvokeStatus, *run.Output,
		}, " "))
	}
	expected := []string{
		"Success Finished",
		"i-1 Success Finished " + done,
		"i-2 Terminated Stopped ",
		"i-3 Cancelled Stopped ",
	}
	if !slices.Equal(shown, expected) {
		t.Error(shown)
	}
}

// A value that the SDK's type of the parameter cannot hold goes through its method for any action.
func (a account) untyped(action string, given params) error {
	query := map[string]*string{}
	for name, value := range given {
		query[name] = dara.String(fmt.Sprint(value))
	}
	_, err := a.client.CallApi(&openapiutil.Params{
		Action:      &action,
		Version:     dara.String("2014-05-26"),
		Protocol:    dara.String("HTTP"),
		Pathname:    dara.String("/"),
		Method:      dara.String("POST"),
		AuthType:    dara.String("AK"),
		Style:       dara.String("RPC"),
		ReqBodyType: dara.String("formData"),
		BodyType:    dara.String("json"),
	}, &openapiutil.OpenApiRequest{Query: query}, &dara.RuntimeOptions{})
	return err
}

func (a account) refused(action string, given params) (err error) {
	switch action {
	case "DescribeInvocations":
		_, err = ask(a.client.DescribeInvocations, given)
	case "DescribeInvocationResults":
		_, err = ask(a.client.DescribeInvocationResults, given)
	case "RunCommand":
		_, err = ask(a.client.RunCommand, given)
	case "StopInvocation":
		_, err = ask(a.client.StopInvocation, given)
	default:
		a.Fatal("unknown action", action)
	}
	return err
}

func TestEveryDocumentedError(t *testing.T) {
	var documented []struct {
		Actions            []string
		Params             params
		Code, Message, Key string
		Status             int
		Untyped            bool
	}
	file, err := os.ReadFile("../documented-errors.json")
	if err == nil {
		err = json.Unmarshal(file, &documented)
	}
	if err != nil {
		t.Fatal(err)
	}
	own := ownAccount(t)
	id := own.run("i-1")
	for _, expected := range documented {
		a := own
		if expected.Key != "" {
			a = newAccount(t, expected.Key)
		}
		given := expected.Params
		if _, ok := given["RegionId"]; !ok {
			given["RegionId"] = "cn-hangzhou"
		}
		if given["InvokeId"] == "$InvokeId" {
			given["InvokeId"] = id
		}
		for _, action := range expected.Actions {
			ask := a.refused
			if expected.Untyped {
				ask = a.untyped
			}
			err := ask(action, given)
			var own *tea.SDKError
			if !errors.As(err, &own) {
				t.Errorf("%s, %s: %v", action, expected.Code, err)
				continue
			}
			var data struct{ RequestId string }
			if err := json.Unmarshal([]byte(*own.Data), &data); err != nil {
				t.Error(err)
			}
			if *own.Code != expected.Code || *own.StatusCode != expected.Status ||
				!strings.Contains(*own.Message, expected.Message) || len(data.RequestId) != 36 {
				t.Errorf("%s, %s: %v", action, expected.Code, err)
			}
		}
	}
}
