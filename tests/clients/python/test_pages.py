"""Both pagings, to the end."""

from case import with_both_sdks


@with_both_sdks
class Pages:
    def test_both_pagings_to_the_end(self):
        accepted = [self.run_command(InstanceId=["i-1", "i-2"]) for _ in range(23)]
        accepted.reverse()

        def by_number(action, size, rows):
            walked, number = [], 1
            while True:
                page = rows(self.call(action, PageNumber=number, PageSize=size))
                walked += page[0]
                if not page[0]:
                    self.assertEqual(page[1], len(walked))
                    return walked
                number += 1

        def by_token(action, size, rows):
            walked, token = [], ""
            while True:
                page = rows(self.call(action, MaxResults=size, NextToken=token))
                walked += page[0]
                token = page[2]
                if not token:
                    return walked

        def invocations(body):
            rows = body["Invocations"]["Invocation"]
            ids = [row["InvokeId"] for row in rows]
            return ids, body["TotalCount"], body["NextToken"]

        def results(body):
            body = body["Invocation"]
            rows = body["InvocationResults"]["InvocationResult"]
            ids = [(row["InvokeId"], row["InstanceId"]) for row in rows]
            return ids, body["TotalCount"], body["NextToken"]

        pairs = [(invoke_id, run) for invoke_id in accepted for run in ("i-1", "i-2")]
        for size in 1, 7, 23, 50:
            for walk in by_number, by_token:
                with self.subTest(size=size, walk=walk.__name__):
                    self.assertEqual(walk("DescribeInvocations", size, invocations), accepted)
                    self.assertEqual(walk("DescribeInvocationResults", size, results), pairs)
        # From a page by number on by token.
        first = self.call("DescribeInvocations", PageSize=20)
        rest = self.call("DescribeInvocations", NextToken=first["NextToken"])
        self.assertEqual(invocations(first)[0] + invocations(rest)[0], accepted)
