# SPDX-License-Identifier: EUPL-1.2
"""What filters may say: Filter_Capabilities of Filter Encoding 1.1 (OGC 04-095) and 2.0 (OGC 09-026r2)."""

from lxml import etree

from catalogue.encodings.names import FES, OGC, OWS11, put

_OPERANDS = ("gml:Envelope", "gml:Point", "gml:LineString", "gml:Polygon")
_SPATIAL = ("BBOX", "Contains", "Crosses", "Disjoint", "Equals", "Intersects", "Overlaps", "Touches", "Within")
_COMPARISONS = ("Between", "EqualTo", "GreaterThan", "GreaterThanEqualTo", "LessThan", "LessThanEqualTo", "Like",
                "NotEqualTo", "NullCheck")  # fmt: skip
_COMPARISONS_2 = ("EqualTo", "NotEqualTo", "LessThan", "GreaterThan", "LessThanOrEqualTo", "GreaterThanOrEqualTo",
                  "Like", "Null", "Between")  # fmt: skip
_CLASSES = {"ImplementsQuery": True, "ImplementsAdHocQuery": True, "ImplementsFunctions": False,
            "ImplementsResourceId": True, "ImplementsMinStandardFilter": True, "ImplementsStandardFilter": True,
            "ImplementsMinSpatialFilter": True, "ImplementsSpatialFilter": True, "ImplementsMinTemporalFilter": True,
            "ImplementsTemporalFilter": True, "ImplementsVersionNav": False, "ImplementsSorting": True,
            "ImplementsExtendedOperators": False, "ImplementsMinimumXPath": False,
            "ImplementsSchemaElementFunc": False}  # fmt: skip
_TEMPORAL = ("After", "Before", "Begins", "BegunBy", "TContains", "During", "TEquals", "TOverlaps", "Meets",
             "OverlappedBy", "MetBy", "Ends", "EndedBy")  # fmt: skip


def ogc_1_1(root: etree._Element) -> None:
    """ogc:Filter_Capabilities."""
    section = put(root, OGC, "Filter_Capabilities")
    spatial = put(section, OGC, "Spatial_Capabilities")
    operands = put(spatial, OGC, "GeometryOperands")
    for operand in _OPERANDS:
        put(operands, OGC, "GeometryOperand", operand)
    operators = put(spatial, OGC, "SpatialOperators")
    for name in _SPATIAL:
        put(operators, OGC, "SpatialOperator", name=name)
    scalar = put(section, OGC, "Scalar_Capabilities")
    put(scalar, OGC, "LogicalOperators")
    comparisons = put(scalar, OGC, "ComparisonOperators")
    for name in _COMPARISONS:
        put(comparisons, OGC, "ComparisonOperator", name)
    put(put(section, OGC, "Id_Capabilities"), OGC, "EID")


def fes_2_0(root: etree._Element) -> None:
    """fes:Filter_Capabilities."""
    section = put(root, FES, "Filter_Capabilities")
    conformance = put(section, FES, "Conformance")
    for name, served in _CLASSES.items():
        constraint = put(conformance, FES, "Constraint", name=name)
        put(constraint, OWS11, "NoValues")
        put(constraint, OWS11, "DefaultValue", str(served).upper())
    put(put(section, FES, "Id_Capabilities"), FES, "ResourceIdentifier", name="csw30:id")
    scalar = put(section, FES, "Scalar_Capabilities")
    put(scalar, FES, "LogicalOperators")
    comparisons = put(scalar, FES, "ComparisonOperators")
    for name in _COMPARISONS_2:
        put(comparisons, FES, "ComparisonOperator", name=f"PropertyIs{name}")
    spatial = put(section, FES, "Spatial_Capabilities")
    operands = put(spatial, FES, "GeometryOperands")
    for operand in _OPERANDS:
        put(operands, FES, "GeometryOperand", name=operand)
    operators = put(spatial, FES, "SpatialOperators")
    for name in _SPATIAL:
        put(operators, FES, "SpatialOperator", name=name)
    temporal = put(section, FES, "Temporal_Capabilities")
    put(put(temporal, FES, "TemporalOperands"), FES, "TemporalOperand", name="gml:TimePeriod")
    operators = put(temporal, FES, "TemporalOperators")
    for name in _TEMPORAL:
        put(operators, FES, "TemporalOperator", name=name)
