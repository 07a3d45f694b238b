"""Stands in for boto3 where it is too old for Aurora DSQL: the one call of the example, as botocore's signers.py has it,
generate_db_connect_auth_token(Hostname, Region=None, ExpiresIn=900). The token is made by the test."""

import os


class _Client:
    def __init__(self, region):
        self._region = region

    def generate_db_connect_auth_token(self, Hostname, Region=None, ExpiresIn=900):
        assert Hostname.endswith(f".dsql.{Region or self._region}.on.aws"), (Hostname, Region, self._region)
        return os.environ["TOKEN"]


def client(service_name, region_name=None):
    assert service_name == "dsql", service_name
    return _Client(region_name)
