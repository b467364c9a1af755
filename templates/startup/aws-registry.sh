# The registry wants to know who asks.
call @region@ ecr api.ecr.@region@.amazonaws.com AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken '{}' --fail |
  jq -er '.authorizationData[0].authorizationToken' | base64 -d | cut -d: -f2 |
  HOME=/root docker login --username AWS --password-stdin @host@
