import com.aliyun.ecs20140526.Client;
import com.aliyun.ecs20140526.models.*;
import com.aliyun.tea.TeaException;
import com.aliyun.tea.TeaModel;
import com.aliyun.teaopenapi.models.Config;
import com.aliyun.teaopenapi.models.OpenApiRequest;
import com.aliyun.teaopenapi.models.Params;
import com.aliyun.teautil.models.RuntimeOptions;
import com.google.gson.Gson;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.*;

/**
 * Drives the emulator with the official Java SDK: both pagings to the end, the life of a run, and every
 * documented error as the SDK's own exception.
 */
public class Clients {
    static final String ADDRESS = System.getenv("INVODEX_ADDRESS");

    /** An account of its own. */
    final String key;
    final Client client;

    Clients(String key) throws Exception {
        this.key = key;
        client = new Client(new Config()
            .setAccessKeyId(key)
            .setAccessKeySecret("secret")
            .setEndpoint(ADDRESS)
            .setProtocol("http"));
    }

    static Clients own() throws Exception {
        return new Clients(String.format("%016d", new Random().nextLong(10_000_000_000_000_000L)));
    }

    static void equal(Object shown, Object expected, Object of) {
        if (!Objects.equals(shown, expected))
            throw new AssertionError(of + ": " + shown + " instead of " + expected);
    }

    /** Sends the parameters, by the API's own names, in the SDK's request; its answer by these names. */
    Map<String, Object> call(String action, Map<String, Object> params) throws Exception {
        Map<String, Object> given = new HashMap<>(params);
        given.putIfAbsent("RegionId", "cn-hangzhou");
        return switch (action) {
            case "RunCommand" ->
                client.runCommand(TeaModel.toModel(given, new RunCommandRequest())).body.toMap();
            case "StopInvocation" ->
                client.stopInvocation(TeaModel.toModel(given, new StopInvocationRequest())).body.toMap();
            case "DescribeInvocations" -> client.describeInvocations(
                TeaModel.toModel(given, new DescribeInvocationsRequest())).body.toMap();
            case "DescribeInvocationResults" -> client.describeInvocationResults(
                TeaModel.toModel(given, new DescribeInvocationResultsRequest())).body.toMap();
            default -> throw new AssertionError(action);
        };
    }

    /** A value that the SDK's type of the parameter cannot hold goes through its method for any action. */
    void untyped(String action, Map<String, Object> params) throws Exception {
        Map<String, String> query = new HashMap<>(Map.of("RegionId", "cn-hangzhou"));
        params.forEach((name, value) -> query.put(name, value.toString()));
        client.callApi(
            new Params().setAction(action).setVersion("2014-05-26").setProtocol("HTTP")
                .setPathname("/").setMethod("POST").setAuthType("AK").setStyle("RPC")
                .setReqBodyType("formData").setBodyType("json"),
            new OpenApiRequest().setQuery(query),
            new RuntimeOptions());
    }

    String run(String... instances) throws Exception {
        return (String) call("RunCommand", Map.of("Type", "RunShellScript", "CommandContent", "df -h",
            "InstanceId", List.of(instances))).get("InvokeId");
    }

    void report(String id, String instance, String status, String output) throws Exception {
        String body = new Gson().toJson(Map.of(
            "InvokeId", id, "InstanceId", instance, "InvocationStatus", status, "Output", output));
        var request = HttpRequest.newBuilder()
            .uri(URI.create("http://" + ADDRESS + "/_emulator/runs?AccessKeyId=" + key))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        equal(answer.statusCode(), 200, answer.body());
    }

    record Page(List<String> rows, Object total, String next) {}

    /** The list in its wrapper. */
    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> list(Map<String, Object> body, String wrapper, String name) {
        return (List<Map<String, Object>>) ((Map<String, Object>) body.get(wrapper)).get(name);
    }

    @SuppressWarnings("unchecked")
    Page page(String action, Map<String, Object> params) throws Exception {
        var body = call(action, params);
        List<String> rows = new ArrayList<>();
        if (action.equals("DescribeInvocations")) {
            for (var row : list(body, "Invocations", "Invocation")) rows.add(row.get("InvokeId") + "");
        } else {
            body = (Map<String, Object>) body.get("Invocation");
            for (var row : list(body, "InvocationResults", "InvocationResult"))
                rows.add(row.get("InvokeId") + " " + row.get("InstanceId"));
        }
        return new Page(rows, body.get("TotalCount"), (String) body.get("NextToken"));
    }

    List<String> byNumber(String action, int size) throws Exception {
        List<String> walked = new ArrayList<>();
        for (int number = 1;; number++) {
            var page = page(action, Map.of("PageNumber", number, "PageSize", size));
            walked.addAll(page.rows);
            if (page.rows.isEmpty()) {
                equal(page.total, (long) walked.size(), "TotalCount");
                return walked;
            }
        }
    }

    List<String> byToken(String action, int size) throws Exception {
        List<String> walked = new ArrayList<>();
        String token = "";
        do {
            var page = page(action, Map.of("MaxResults", size, "NextToken", token));
            walked.addAll(page.rows);
            token = page.next;
        } while (!token.isEmpty());
        return walked;
    }

    static void bothPagingsToTheEnd() throws Exception {
        var account = own();
        List<String> ids = new ArrayList<>(), runs = new ArrayList<>();
        for (int n = 0; n < 23; n++) ids.add(0, account.run("i-1", "i-2"));
        for (var id : ids) runs.addAll(List.of(id + " i-1", id + " i-2"));
        for (int size : new int[] {1, 7, 23, 50}) {
            equal(account.byNumber("DescribeInvocations", size), ids, size);
            equal(account.byToken("DescribeInvocations", size), ids, size);
            equal(account.byNumber("DescribeInvocationResults", size), runs, size);
            equal(account.byToken("DescribeInvocationResults", size), runs, size);
        }
    }

    static void runReportStop() throws Exception {
        var account = own();
        var id = account.run("i-1", "i-2", "i-3");
        var done = Base64.getEncoder().encodeToString("done".getBytes());
        account.report(id, "i-1", "Running", "");
        account.report(id, "i-1", "Success", done);
        account.report(id, "i-2", "Running", "");
        account.call("StopInvocation", Map.of("InvokeId", id, "InstanceId", List.of("i-2")));
        account.call("StopInvocation", Map.of("InvokeId", id));
        account.report(id, "i-2", "Terminated", "");

        var body = account.call("DescribeInvocations", Map.of("InvokeId", id, "IncludeOutput", true));
        var found = list(body, "Invocations", "Invocation").get(0);
        List<String> shown = new ArrayList<>();
        shown.add(found.get("InvocationStatus") + " " + found.get("InvokeStatus"));
        for (var run : list(found, "InvokeInstances", "InvokeInstance"))
            shown.add(run.get("InstanceId") + " " + run.get("InvocationStatus") + " "
                + run.get("InstanceInvokeStatus") + " " + run.get("Output"));
        equal(shown, List.of("Success Finished", "i-1 Success Finished " + done,
            "i-2 Terminated Stopped ", "i-3 Cancelled Stopped "), id);
    }

    /** An entry of documented-errors.json. */
    static class Documented {
        List<String> actions;
        Map<String, Object> params;
        String code, message, key;
        int status;
        boolean untyped;
    }

    static void everyDocumentedError() throws Exception {
        var account = own();
        var id = account.run("i-1");
        var file = Files.readString(Path.of("documented-errors.json"));
        for (var expected : new Gson().fromJson(file, Documented[].class)) {
            var given = expected.params;
            // Gson reads each number as a double.
            given.replaceAll((name, value) -> value instanceof Double n ? (Object) n.intValue() : value);
            given.replace("InvokeId", "$InvokeId", id);
            var asked = expected.key == null ? account : new Clients(expected.key);
            for (var action : expected.actions) {
                try {
                    if (expected.untyped) asked.untyped(action, given);
                    else asked.call(action, given);
                } catch (TeaException error) {
                    equal(error.getCode() + " " + error.getStatusCode(),
                        expected.code + " " + expected.status, action + " " + given);
                    equal(error.getMessage().contains(expected.message), true, error.getMessage());
                    equal(error.getData().get("RequestId").toString().length(), 36, error.getData());
                    continue;
                }
                throw new AssertionError(action + " is not refused with " + expected.code);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        bothPagingsToTheEnd();
        runReportStop();
        everyDocumentedError();
        System.out.println("3 passed, 0 failed");
    }
}
