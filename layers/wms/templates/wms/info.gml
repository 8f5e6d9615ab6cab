<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns="{{ namespace | e }}" xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml"><gml:boundedBy><gml:null>unknown</gml:null></gml:boundedBy>{{ mark }}</wfs:FeatureCollection>
